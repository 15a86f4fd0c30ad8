using System.Text.Json;

namespace ModelGuard.GitHub.Actions;

/// <summary>What started a workflow run, as far as a report's publication depends on it.</summary>
/// <param name="Name">The event, for example <c>pull_request</c>.</param>
/// <param name="PullRequest">The pull request's number, where the event names it.</param>
/// <param name="Commit">The head commit that was judged, where the event names one: of a pull request it is not <c>GITHUB_SHA</c>, which is a merge of it.</param>
/// <param name="IsFromFork">Whether the head lies in another repository, whose runs have a token that can only read.</param>
/// <param name="Head">Where the head of a <c>workflow_run</c> lies: its event names no pull request for a fork.</param>
public sealed record WorkflowEvent(string Name, int? PullRequest, string? Commit, bool IsFromFork, HeadBranch? Head)
{
    /// <summary>The event of the workflow that runs after another one, with rights that the first does not have.</summary>
    public const string WorkflowRun = "workflow_run";

    private const int LargestPayload = 26_000_000;

    /// <summary>The event of a run outside a workflow.</summary>
    public static WorkflowEvent None { get; } = new("", null, null, IsFromFork: false, null);

    /// <summary>Reads the payload of <c>GITHUB_EVENT_PATH</c>. GitHub wrote it, but names of branches in it are those of whoever opened the pull request.</summary>
    /// <param name="name"><c>GITHUB_EVENT_NAME</c>.</param>
    /// <param name="payload">The file's bytes.</param>
    /// <exception cref="GitHubException">MG3002: no payload of such an event.</exception>
    public static WorkflowEvent Read(string name, ReadOnlyMemory<byte> payload)
    {
        // Webhooks are capped at 25 MB (GitHub's documentation, "Webhook events and payloads").
        if (payload.Length > LargestPayload) throw Malformed("is larger than GitHub makes it");
        try
        {
            using var document = JsonDocument.Parse(payload);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw Malformed("is no JSON object");
            return name == WorkflowRun ? OfWorkflowRun(root) : OfPullRequest(name, root);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text that is no UTF-8, or half of a surrogate pair in an escape.
            throw new GitHubException("MG3002", "The file of GITHUB_EVENT_PATH is no JSON. Leave the variable as GitHub Actions sets it, or name the pull request with --pull-request.", e);
        }
    }

    private static WorkflowEvent OfPullRequest(string name, JsonElement root)
    {
        if (Member(root, "pull_request") is not { } pull) return new WorkflowEvent(name, null, null, IsFromFork: false, null);
        var head = Member(pull, "head");
        return new WorkflowEvent(name, Number(pull, "number") ?? throw Malformed("names a pull request without a number"), Sha(head, "sha"), IsOther(root, head is { } h ? Member(h, "repo") : null), null);
    }

    private static WorkflowEvent OfWorkflowRun(JsonElement root)
    {
        var run = Member(root, "workflow_run") ?? throw Malformed("has no 'workflow_run'");
        var repository = Member(run, "head_repository");
        var owner = repository is { } r && Member(r, "owner") is { } o ? Text(o, "login") : null;
        var (branch, cause) = (Text(run, "head_branch"), Text(run, "event"));
        var isPullRequest = cause is "pull_request" or "pull_request_target";
        return new WorkflowEvent(WorkflowRun, null, Sha(run, "head_sha"), IsOther(root, repository), isPullRequest && owner is not null && branch is not null ? new HeadBranch(owner, branch) : null);
    }

    // A fork that was deleted has no repository any more.
    private static bool IsOther(JsonElement root, JsonElement? repository) => Member(root, "repository") is { } own && (repository is not { } head || Text(head, "full_name") != Text(own, "full_name"));

    private static string? Sha(JsonElement? parent, string name) => parent is { } p && Text(p, name) is { } text ? CommitId.IsValid(text) ? text : throw Malformed($"names a commit in '{name}' that is none") : null;

    private static JsonElement? Member(JsonElement parent, string name) => parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0 ? number : null;

    private static GitHubException Malformed(string what) => new("MG3002", $"The file of GITHUB_EVENT_PATH {what}. Leave the variable as GitHub Actions sets it, or name the pull request with --pull-request.");
}

/// <summary>A branch, in this repository or a fork of it.</summary>
/// <param name="Owner">The login of who owns the repository.</param>
/// <param name="Branch">The branch's name.</param>
public sealed record HeadBranch(string Owner, string Branch);
