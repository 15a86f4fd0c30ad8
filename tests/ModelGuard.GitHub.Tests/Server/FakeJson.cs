using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>Objects of GitHub's REST API, with the members that a client may look at.</summary>
internal static class FakeJson
{
    public static JsonNode Of(FakeComment comment) => new JsonObject
    {
        ["id"] = comment.Id,
        ["node_id"] = comment.NodeId,
        ["html_url"] = string.Create(CultureInfo.InvariantCulture, $"https://github.example/{EventPayloads.Repository}/pull/7#issuecomment-{comment.Id}"),
        ["body"] = comment.Body,
        ["user"] = new JsonObject { ["login"] = comment.Author, ["id"] = 1, ["type"] = "Bot" },
        ["created_at"] = comment.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["updated_at"] = comment.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["author_association"] = "CONTRIBUTOR",
    };

    public static JsonNode Of(FakePullRequest pull) => new JsonObject
    {
        ["id"] = 1000 + pull.Number,
        ["number"] = pull.Number,
        ["state"] = pull.State,
        ["title"] = "Forget more",
        ["head"] = new JsonObject { ["label"] = pull.HeadLabel, ["ref"] = pull.HeadLabel.Split(':')[1], ["sha"] = pull.HeadSha },
        ["base"] = new JsonObject { ["label"] = "acme:main", ["ref"] = "main", ["sha"] = EventPayloads.Merge },
    };

    public static JsonNode Of(FakeCheckRun run) => new JsonObject
    {
        ["id"] = run.Id,
        ["name"] = run.Name,
        ["head_sha"] = run.HeadSha,
        ["status"] = "completed",
        ["conclusion"] = run.Conclusion,
        ["output"] = new JsonObject { ["title"] = run.Title, ["summary"] = run.Summary, ["annotations_count"] = run.Annotations.Count },
    };
}
