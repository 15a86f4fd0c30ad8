using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>The head of the page: the verdict in words, what it rests on, and the way to the sections.</summary>
internal static class VerdictHtml
{
    public static Markup Of(ReportView report, IEnumerable<(string Id, string Title)> sections)
    {
        var (word, icon, sentence) = report.Audit is { } audit ? (Words.Of(audit.Verdict), Symbol(audit.Verdict), Sentence(audit)) : ("not audited", "–", "The model was edited. Nothing was measured, so nothing is said about what it shows.");
        return Markup.Of($"""
            <header class="verdict {(report.Audit is { } a ? Words.Of(a.Verdict) : "none")}">
            <p class="kind">ModelGuard report</p>
            <h1><span class="seal" aria-hidden="true">{icon}</span> <span class="word">{Capital(word)}</span></h1>
            <p class="lead">{sentence}</p>
            {(report.Audit is { } judged ? Tally(judged) : Markup.None)}
            <dl class="facts">
            <div><dt>Model</dt><dd>{report.Model.Output.Name}</dd></div>
            <div><dt>Made from</dt><dd>{report.Model.Base.Name}</dd></div>
            <div><dt>Policy</dt><dd>{report.Policy.Name}</dd></div>
            {(report.Run is { } run ? Markup.Of($"<div><dt>Run</dt><dd><time datetime=\"{Iso(run.StartedAt)}\">{run.StartedAt.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture)} UTC</time></dd></div>") : Markup.None)}
            </dl>
            </header>
            <nav aria-label="Sections"><ol>
            {sections.Select(s => Markup.Of($"<li><a href=\"#{s.Id}\">{s.Title}</a></li>"))}
            </ol><button type="button" id="theme" aria-pressed="false">Dark</button></nav>

            """);
    }

    private static string Sentence(AuditView audit)
    {
        var s = audit.Summary;
        int Counted(VerdictWord verdict) => audit.Gates.Count(g => g.Verdict == verdict && GateText.Counts(audit, g));
        if (audit.Gates.IsEmpty) return "No gate judged anything, so nothing is decided.";
        var below = audit.Gates.Count(g => g.Verdict is VerdictWord.Fail or VerdictWord.Inconclusive && !GateText.Counts(audit, g));
        var what = audit.Verdict switch
        {
            VerdictWord.Pass => s.Pass == audit.Gates.Length ? $"All {Results(s.Pass)} passed." : $"Every gate result that counts passed: {Results(s.Pass)} of {N(audit.Gates.Length)}.",
            VerdictWord.Waived => $"{Results(s.Waived)} of {N(audit.Gates.Length)} failed and {(s.Waived == 1 ? "was" : "were")} accepted by a waiver.",
            VerdictWord.Inconclusive => $"{Results(Counted(VerdictWord.Inconclusive))} of {N(audit.Gates.Length)} could not be decided: an interval straddles its limit, or nothing was measured.",
            _ => $"{Results(Counted(VerdictWord.Fail))} of {N(audit.Gates.Length)} failed.",
        };
        return below == 0 ? what : $"{what} {Results(below)} did not pass and {(below == 1 ? "does" : "do")} not count: severity below {Words.Of(audit.FailOn)}.";

        static string N(int number) => number.ToString(CultureInfo.InvariantCulture);
        static string Results(int count) => count == 1 ? "1 gate result" : string.Create(CultureInfo.InvariantCulture, $"{count} gate results");
    }

    private static Markup Tally(AuditView audit)
    {
        var s = audit.Summary;
        return Markup.Of($"""
            <ul class="tally">
            {new[] { (VerdictWord.Fail, s.Fail, "failed"), (VerdictWord.Inconclusive, s.Inconclusive, "inconclusive"), (VerdictWord.Waived, s.Waived, "waived"), (VerdictWord.Pass, s.Pass, "passed") }.Select(t => Markup.Of($"<li class=\"{(t.Item2 == 0 ? "zero" : Words.Of(t.Item1))}\"><b>{t.Item2}</b> {t.Item3}</li>"))}
            </ul>
            """);
    }

    /// <summary>The sign of a verdict, so that it does not depend on colour.</summary>
    public static string Symbol(VerdictWord verdict) => verdict switch
    {
        VerdictWord.Pass => "✓",
        VerdictWord.Waived => "≈",
        VerdictWord.Inconclusive => "?",
        _ => "✕",
    };

    /// <summary>A verdict as a badge.</summary>
    public static Markup Badge(VerdictWord verdict) => Markup.Of($"<span class=\"badge {Words.Of(verdict)}\"><span aria-hidden=\"true\">{Symbol(verdict)}</span> {Words.Of(verdict)}</span>");

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
