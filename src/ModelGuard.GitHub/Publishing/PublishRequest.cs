using ModelGuard.GitHub.Comments;

namespace ModelGuard.GitHub.Publishing;

/// <summary>What a caller wants published, beside what the environment says.</summary>
public sealed record PublishRequest
{
    /// <summary>The repository; null for that of the run.</summary>
    public RepositoryName? Repository { get; init; }

    /// <summary>The pull request; null for that of the run.</summary>
    public int? PullRequest { get; init; }

    /// <summary>The commit that was judged; null for that of the run.</summary>
    public string? Commit { get; init; }

    /// <summary>Tells the comments of a repository's policies apart; null to make it of the policy's file name.</summary>
    public CommentMarker? Marker { get; init; }

    /// <summary>The account that writes our comments; null to ask GitHub.</summary>
    public string? Author { get; init; }

    /// <summary>The name of a check run to write; null for none.</summary>
    public string? CheckRun { get; init; }

    /// <summary>Whether a comment is written at all.</summary>
    public bool WritesComment { get; init; } = true;

    /// <summary>How long to wait for GitHub before one request.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(2);
}
