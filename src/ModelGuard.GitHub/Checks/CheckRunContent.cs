using System.Collections.Immutable;
using ModelGuard.GitHub.Actions;
using ModelGuard.Rendering.Reading;
using Octokit;

namespace ModelGuard.GitHub.Checks;

/// <summary>What a check run shows.</summary>
/// <param name="Title">The verdict in a few words.</param>
/// <param name="Conclusion">What branch protection looks at.</param>
/// <param name="Summary">Markdown, at most 65,535 characters.</param>
/// <param name="Annotations">Remarks at lines of the policy.</param>
public sealed record CheckRunContent(string Title, CheckConclusion Conclusion, string Summary, ImmutableArray<Annotation> Annotations)
{
    /// <summary>GitHub takes more, 50 a request; nobody reads them.</summary>
    private const int MostAnnotations = 500;

    /// <summary>The content for a report.</summary>
    /// <param name="report">A report of anybody's.</param>
    /// <param name="summary">The report in Markdown, short enough for a comment.</param>
    /// <param name="annotations">The annotations of the report.</param>
    public static CheckRunContent Create(ReportView report, string summary, ImmutableArray<Annotation> annotations)
    {
        // "neutral" and "skipped" count as success where a check is required, so what was not judged must be a failure.
        var (title, conclusion) = report.Audit?.Verdict switch
        {
            VerdictWord.Pass => ("All gates passed", CheckConclusion.Success),
            VerdictWord.Waived => ("Passed with waivers", CheckConclusion.Success),
            VerdictWord.Fail => ("A gate failed", CheckConclusion.Failure),
            VerdictWord.Inconclusive => ("Inconclusive", CheckConclusion.Failure),
            _ => ("Edited, not audited", CheckConclusion.Failure),
        };
        // Only annotations with a place can be sent.
        return new CheckRunContent(title, conclusion, summary, [.. annotations.Where(a => a.Place is not null).Take(MostAnnotations)]);
    }
}
