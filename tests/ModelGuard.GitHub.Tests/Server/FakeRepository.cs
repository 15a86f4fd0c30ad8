using System.Text.Json.Nodes;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>A comment that the server keeps.</summary>
internal sealed record FakeComment(long Id, string Author, string Body)
{
    public string NodeId => FormattableString.Invariant($"IC_{Id}");

    // Numbers grow with time.
    public DateTimeOffset CreatedAt => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(Id - FakeRepository.FirstComment);
}

/// <summary>A check run that the server keeps.</summary>
internal sealed record FakeCheckRun(long Id, string Name, string HeadSha, string Conclusion, string Title, string Summary, List<JsonNode> Annotations);

/// <summary>A pull request that the server keeps.</summary>
internal sealed record FakePullRequest(int Number, string HeadLabel, string HeadSha, string State = "open");

/// <summary>What the one repository holds.</summary>
internal sealed class FakeRepository
{
    // Numbers of comments have outgrown 32 bits.
    public const long FirstComment = 3_000_000_000;
    private long next = FirstComment;

    public List<FakeComment> Comments { get; } = [];

    public List<FakeCheckRun> CheckRuns { get; } = [];

    public List<FakePullRequest> PullRequests { get; } = [new(7, "acme:patch-1", EventPayloads.Head)];

    /// <summary>Who asks.</summary>
    public string Viewer { get; set; } = FakeGitHub.Bot;

    /// <summary>Whether the token can only read, as a fork's.</summary>
    public bool IsReadOnly { get; set; }

    public FakeComment Add(string author, string body)
    {
        var comment = new FakeComment(next++, author, body);
        Comments.Add(comment);
        return comment;
    }
}
