using System.Collections.Immutable;
using ModelGuard.GitHub.Comments;

namespace ModelGuard.GitHub.Publishing;

/// <summary>What was published.</summary>
/// <param name="Comment">The comment; null where none was written.</param>
/// <param name="CheckRun">The check run's number; null where none was written.</param>
/// <param name="Warnings">Why something was not published. None of it changes a verdict.</param>
public sealed record PublishResult(PublishedComment? Comment, long? CheckRun, ImmutableArray<GitHubException> Warnings);
