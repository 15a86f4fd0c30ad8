using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Markdown;

/// <summary>A part of a Markdown report that is kept or left out as a whole.</summary>
/// <param name="Name">What it is called where it is left out.</param>
/// <param name="Rows">Number of rows of its table; 0 without one.</param>
/// <param name="Text">The Markdown, without line breaks at its ends.</param>
internal sealed record MarkdownSection(string Name, int Rows, string Text);

/// <summary>The sections of a Markdown report, the most important first.</summary>
internal static class MarkdownSections
{
    // Long tables come in several sections, so that as much as fits is kept.
    private const int RowsInSection = 50;

    /// <summary>What stands above all sections: verdict, counts, what was judged.</summary>
    public static string Heading(ReportView report)
    {
        var (policy, model, original) = (UntrustedText.InMarkdown(report.Policy.Name), UntrustedText.InMarkdown(report.Model.Output.Name), UntrustedText.InMarkdown(report.Model.Base.Name));
        if (report.Audit is not { } audit) return $"## ModelGuard: edited, not audited\n\n{model} was made from {original} under {policy}. Nothing was measured, so nothing is said about what it shows.";
        var note = audit.Gates.Length > 0 && audit.Gates.All(g => g.Base is null) ? " The base was not measured, so nothing here says what these values were before the edit." : "";
        return $"## {Icon(audit.Verdict)} ModelGuard: {Words.Of(audit.Verdict)}\n\n{GateText.Summary(audit)} {model} was judged by {policy}; it was made from {original}.{note}";
    }

    /// <summary>What stands below all sections.</summary>
    public static string Footer(ReportView report) => $"<sub>ModelGuard {UntrustedText.InMarkdown(report.Tool.Version)} · policy `{Short(report.Policy.Digest)}` · model `{Short(report.Model.Output.Digest)}`</sub>";

    /// <summary>All sections.</summary>
    public static ImmutableArray<MarkdownSection> Of(ReportView report, DateOnly today) =>
        report.Audit is { } audit
            ?
            [
                .. Gates(audit, VerdictWord.Fail, "Failed"),
                .. Gates(audit, VerdictWord.Inconclusive, "Inconclusive"),
                .. Gates(audit, VerdictWord.Waived, "Waived"),
                .. Waivers(report, audit, today),
                Evidence(report),
                .. Gates(audit, VerdictWord.Pass, "Passed"),
            ]
            : report.Edit is { } edit ? [.. Tensors(edit), Evidence(report)] : [Evidence(report)];

    private static IEnumerable<MarkdownSection> Gates(AuditView audit, VerdictWord verdict, string name)
    {
        // The most severe first; within a severity as in the policy.
        var gates = audit.Gates.Where(g => g.Verdict == verdict).OrderByDescending(g => g.Severity).ToArray();
        var isFolded = verdict == VerdictWord.Pass;
        return Chunked(gates, name, isFolded, "| Concept | Gate | Metric | Base | Edited | Compared | 95 % interval | Limit | n | Severity | Policy |\n|---|---|---|--:|--:|--:|--:|--:|--:|---|---|", Row);

        string Row(GateView g) => Cells(
            UntrustedText.InMarkdownCell(g.DisplayName),
            UntrustedText.InMarkdownCell(g.Gate),
            UntrustedText.InMarkdownCell(g.Metric),
            GateText.Number(g.Base),
            GateText.Number(g.Value),
            GateText.Number(g.Statistic),
            GateText.Interval(g),
            GateText.Limit(g),
            g.N.ToString(CultureInfo.InvariantCulture),
            Words.Of(g.Severity) + (g.Severity < audit.FailOn ? " (does not count)" : ""),
            string.Create(CultureInfo.InvariantCulture, $"line {g.Location.Line}"));
    }

    private static IEnumerable<MarkdownSection> Waivers(ReportView report, AuditView audit, DateOnly today) =>
        Chunked(audit.Waivers, "Waivers", isFolded: false, "| Concept | Gate | Accepted by | Reason | Until |\n|---|---|---|---|---|", w => Cells(
            UntrustedText.InMarkdownCell(report.PublicName(w.Concept)),
            UntrustedText.InMarkdownCell(w.Gate),
            UntrustedText.InMarkdownCell(w.Owner),
            UntrustedText.InMarkdownCell(w.Reason),
            w.Expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) + (w.IsExpired(today) ? " ⚠️ **expired**" : w.ExpiresSoon(today) ? " ⚠️ **expires soon**" : "")));

    private static IEnumerable<MarkdownSection> Tensors(EditView edit) =>
        Chunked(edit.Tensors, "Edited tensors", isFolded: false, "| Component | Tensor | Type | Relative change | Residual |\n|---|---|---|--:|--:|", t => Cells(
            UntrustedText.InMarkdownCell(t.Component),
            UntrustedText.InMarkdownCell(t.Tensor),
            UntrustedText.InMarkdownCell(t.Dtype),
            GateText.Number(t.RelativeDelta),
            GateText.Number(t.Residual)));

    private static MarkdownSection Evidence(ReportView report)
    {
        List<(string What, string Name, string Digest)> items = [("Policy", report.Policy.Name, report.Policy.Digest), ("Base", report.Model.Base.Name, report.Model.Base.Digest), ("Model", report.Model.Output.Name, report.Model.Output.Digest)];
        if (report.Audit is { } audit) items.Add(("Scorer", "", audit.ScorerDigest));
        var rows = items.Select(i => Cells(i.What, i.Name.Length == 0 ? "" : UntrustedText.InMarkdownCell(i.Name), $"`{i.Digest}`"));
        var how = report.Audit is { Generation: var g }
            ? string.Create(CultureInfo.InvariantCulture, $"\n\nPictures: {UntrustedText.InMarkdown(g.Scheduler)}, {g.Steps} steps, guidance {g.GuidanceScale:0.###}, {g.Seeds.Length} seed{(g.Seeds.Length == 1 ? "" : "s")} a prompt, on {UntrustedText.InMarkdown(report.Environment.Device)}.")
            : "";
        var over = report.Model.Serialization is { } shards ? string.Create(CultureInfo.InvariantCulture, $"\n\nThe digests of base and model are over shards of {shards.ShardSize} bytes.") : "";
        return new MarkdownSection("Evidence", 0, $"<details><summary>Evidence</summary>\n\n| | Name | Digest |\n|---|---|---|\n{string.Join('\n', rows)}{over}{how}\n\n</details>");
    }

    private static IEnumerable<MarkdownSection> Chunked<T>(IReadOnlyList<T> items, string name, bool isFolded, string head, Func<T, string> row)
    {
        var chunks = items.Chunk(RowsInSection).ToArray();
        for (var i = 0; i < chunks.Length; i++)
        {
            var first = i * RowsInSection;
            var title = chunks.Length == 1 ? string.Create(CultureInfo.InvariantCulture, $"{name} ({items.Count})") : string.Create(CultureInfo.InvariantCulture, $"{name} ({first + 1} to {first + chunks[i].Length} of {items.Count})");
            var table = $"{head}\n{string.Join('\n', chunks[i].Select(row))}";
            yield return new MarkdownSection(name, chunks[i].Length, isFolded ? $"<details><summary>{title}</summary>\n\n{table}\n\n</details>" : $"### {title}\n\n{table}");
        }
    }

    private static string Cells(params string[] cells) => $"| {string.Join(" | ", cells)} |";

    private static string Short(string digest) => digest["sha256:".Length..][..12];

    private static string Icon(VerdictWord verdict) => verdict switch
    {
        VerdictWord.Pass => "✅",
        VerdictWord.Waived => "☑️",
        VerdictWord.Inconclusive => "❔",
        _ => "❌",
    };
}
