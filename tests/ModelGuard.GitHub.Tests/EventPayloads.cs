using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelGuard.GitHub.Tests;

/// <summary>Payloads of events as GitHub writes them to <c>GITHUB_EVENT_PATH</c>, with the members that matter and some that do not.</summary>
internal static class EventPayloads
{
    public const string Repository = "acme/modelguard";
    public const string Head = "1234567890abcdef1234567890abcdef12345678";
    public const string Merge = "fedcba0987654321fedcba0987654321fedcba09";

    public static string Push => Serialize(new JsonObject { ["ref"] = "refs/heads/main", ["after"] = Merge, ["repository"] = Repo(Repository) });

    /// <summary>A pull request; <paramref name="headRepository"/> is null where the fork was deleted.</summary>
    public static string PullRequest(int number, string head, string? headRepository = Repository) => Serialize(new JsonObject
    {
        ["action"] = "synchronize",
        ["number"] = number,
        ["pull_request"] = new JsonObject
        {
            ["number"] = number,
            ["title"] = "Forget ${{ secrets.TOKEN }} `$(id)`",
            ["head"] = new JsonObject { ["ref"] = "patch-1", ["sha"] = head, ["repo"] = headRepository is null ? null : Repo(headRepository) },
            ["base"] = new JsonObject { ["ref"] = "main", ["sha"] = Merge, ["repo"] = Repo(Repository) },
        },
        ["repository"] = Repo(Repository),
    });

    /// <summary>The end of another workflow; of a fork, GitHub leaves <c>pull_requests</c> empty.</summary>
    public static string WorkflowRun(string head, string owner, string branch, string cause = "pull_request") => Serialize(new JsonObject
    {
        ["action"] = "completed",
        ["workflow_run"] = new JsonObject
        {
            ["id"] = 42,
            ["event"] = cause,
            ["conclusion"] = "failure",
            ["head_sha"] = head,
            ["head_branch"] = branch,
            ["head_repository"] = Repo($"{owner}/modelguard"),
            ["pull_requests"] = new JsonArray(),
        },
        ["repository"] = Repo(Repository),
    });

    private static JsonObject Repo(string fullName) => new() { ["full_name"] = fullName, ["owner"] = new JsonObject { ["login"] = fullName.Split('/')[0] } };

    private static string Serialize(JsonObject payload) => payload.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
}
