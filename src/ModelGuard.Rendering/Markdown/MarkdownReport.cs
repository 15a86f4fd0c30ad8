using System.Collections.Immutable;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Markdown;

/// <summary>
/// A report in GitHub's Markdown, for a comment or a job's summary: verdict first, then what failed, what is undecided, what was waived, what
/// passed. It shows public names and no prompts, and nothing that differs from run to run, so that the same result is the same text.
/// </summary>
public static class MarkdownReport
{
    /// <summary>Renders a report; whole sections are left out from the end where it would become too long, and a line says which.</summary>
    /// <param name="report">The report.</param>
    /// <param name="options">Where it goes.</param>
    /// <returns>Markdown with LF line ends and a final newline.</returns>
    public static string Render(ReportView report, MarkdownOptions options)
    {
        var sections = MarkdownSections.Of(report, options.Today);
        var text = Text(report, options, sections, 0);
        // A section is longer than its name in the line that says what was left out: what fits with fewer sections can be searched by halves.
        for (var (low, high) = (1, sections.Length); low <= high;)
        {
            var kept = high == sections.Length ? high : (low + high) / 2;
            var candidate = Text(report, options, sections, kept);
            if (options.Limit.Takes(candidate)) (text, low) = (candidate, kept + 1);
            else high = kept - 1;
        }

        return text;
    }

    private static string Text(ReportView report, MarkdownOptions options, ImmutableArray<MarkdownSection> sections, int kept)
    {
        var marker = options.Marker is { } hidden ? $"<!-- {hidden} -->\n" : "";
        string[] parts = [MarkdownSections.Heading(report), .. sections.Take(kept).Select(s => s.Text), .. LeftOut(options, sections[kept..]), MarkdownSections.Footer(report)];
        return $"{marker}{string.Join("\n\n", parts)}\n";
    }

    private static IEnumerable<string> LeftOut(MarkdownOptions options, ImmutableArray<MarkdownSection> sections)
    {
        if (sections.IsEmpty) return [];
        var names = sections.GroupBy(s => s.Name, StringComparer.Ordinal).Select(g => g.Sum(s => s.Rows) is var rows and > 0 ? FormattableString.Invariant($"{g.Key} ({rows} row{(rows == 1 ? "" : "s")})") : g.Key);
        var where = options.WholeReport is { } address ? $"[the whole report](<{address.AbsoluteUri}>)" : "the whole report, `modelguard-report.json`";
        return [$"> **Left out here,** as it would be too long: {string.Join(", ", names)}. It is in {where}."];
    }
}
