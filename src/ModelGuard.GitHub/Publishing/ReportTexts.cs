using System.Globalization;
using ModelGuard.GitHub.Comments;
using ModelGuard.Rendering.Markdown;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.GitHub.Publishing;

/// <summary>The texts of a report for GitHub, with what GitHub knows about their origin.</summary>
/// <param name="report">A report of anybody's.</param>
/// <param name="today">The day in UTC.</param>
/// <param name="runPage">Where the artifacts with the whole report are; null where there are none.</param>
public sealed class ReportTexts(ReportView report, DateOnly today, Uri? runPage)
{
    /// <summary>The comment.</summary>
    /// <param name="marker">By which it is found again.</param>
    /// <param name="commit">The commit that was judged.</param>
    /// <param name="isFromFork">Whether a fork's code made the numbers.</param>
    public string Comment(CommentMarker marker, string? commit, bool isFromFork)
    {
        // No address of the run: the same result must be the same text, so that a run that found nothing new sends nothing.
        var text = MarkdownReport.Render(report, new MarkdownOptions(today) { Marker = marker.Name });
        var about = commit is null ? "" : string.Create(CultureInfo.InvariantCulture, $"\n<sub>Commit {commit}.{(isFromFork ? " The numbers were made by a run of this fork's own code; review it before you rely on them." : "")}</sub>\n");
        return text + about;
    }

    /// <summary>The summary of a check run.</summary>
    public string Check() => MarkdownReport.Render(report, new MarkdownOptions(today) { WholeReport = runPage });

    /// <summary>The summary of a job.</summary>
    public string JobSummary() => MarkdownReport.Render(report, new MarkdownOptions(today) { Limit = MarkdownLimit.JobSummary, WholeReport = runPage });
}
