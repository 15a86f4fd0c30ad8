using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ModelGuard.GitHub.Publishing;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Cli.GitHub;

/// <summary>What <c>comment --json</c> prints.</summary>
internal sealed record CommentResult(string Verdict, CommentFacts? Comment, long? CheckRun, ImmutableArray<CommentWarning> Warnings)
{
    public static CommentResult Of(ReportView report, PublishResult result) => new(
        CommentJson.Verdict(report),
        result.Comment is { } comment ? new CommentFacts(comment.Id, comment.Page, comment.Change.ToString().ToLowerInvariant(), comment.Deleted) : null,
        result.CheckRun,
        [.. result.Warnings.Select(w => new CommentWarning(w.Code, w.Message))]);
}

/// <summary>The comment.</summary>
internal sealed record CommentFacts(long Id, string? Page, string Change, ImmutableArray<long> Deleted);

/// <summary>Why something was not published.</summary>
internal sealed record CommentWarning(string Code, string Message);

/// <summary>How results of <c>comment</c> are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CommentResult))]
internal sealed partial class CommentJson : JsonSerializerContext
{
    /// <summary>The verdict as a word; empty where nothing was audited.</summary>
    public static string Verdict(ReportView report) => report.Audit?.Verdict.ToString().ToLowerInvariant() ?? "";
}
