using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>The table of gates: every column sorts, and a text, the verdict and the severity filter.</summary>
internal static class GatesHtml
{
    private static readonly (string Name, bool IsNumber)[] Columns = [("Verdict", false), ("Concept", false), ("Gate", false), ("Severity", false), ("Base", true), ("Edited", true), ("Compared", true), ("95 % interval and limit", true), ("n", true), ("Policy", true)];

    public static Markup Of(ReportView report)
    {
        if (report.Audit is not { } audit) return Markup.None;
        // Worst first, then as in the policy.
        var gates = audit.Gates.OrderByDescending(g => g.Verdict).ThenByDescending(g => g.Severity).ToArray();
        return Markup.Of($"""
            <p class="note">A gate passes when its whole 95 % interval lies on the allowed side of the limit, fails when it lies wholly on the other, and is inconclusive in between.</p>
            <form class="filters" id="filters">
            <label>Find <input type="search" id="find" placeholder="concept, gate, metric" autocomplete="off"></label>
            <fieldset><legend>Verdict</legend>{new[] { VerdictWord.Fail, VerdictWord.Inconclusive, VerdictWord.Waived, VerdictWord.Pass }.Select(v => Markup.Of($"<label><input type=\"checkbox\" name=\"verdict\" value=\"{Words.Of(v)}\" checked> {Words.Of(v)}</label>"))}</fieldset>
            <label>Severity <select id="severity"><option value="0">any</option>{Enum.GetValues<SeverityWord>().Skip(1).Select(s => Markup.Of($"<option value=\"{(int)s}\">{Words.Of(s)}{(s == SeverityWord.Critical ? "" : " or above")}</option>"))}</select></label>
            <output id="shown" aria-live="polite">{audit.Gates.Length} of {audit.Gates.Length} shown</output>
            </form>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="gates-title">
            <table id="gate-table" class="gates">
            <caption class="unseen">Gate results; the column headers are buttons that sort.</caption>
            <thead><tr>{Columns.Select(c => Markup.Of($"<th scope=\"col\"{(c.IsNumber ? Markup.Of($" class=\"number\"") : Markup.None)}><button type=\"button\">{c.Name}<span aria-hidden=\"true\"></span></button></th>"))}</tr></thead>
            <tbody>
            {gates.Select(g => Row(audit, g))}
            </tbody>
            </table>
            </div>

            """);
    }

    private static Markup Row(AuditView audit, GateView g)
    {
        var uncounted = GateText.Counts(audit, g) ? Markup.None : Markup.Of($" <small>does not count</small>");
        var id = g.Concept == g.DisplayName ? Markup.None : Markup.Of($" <small>{g.Concept}</small>");
        return Markup.Of($"""
            <tr data-verdict="{Words.Of(g.Verdict)}" data-severity="{(int)g.Severity}"><td data-sort="{(int)g.Verdict}">{VerdictHtml.Badge(g.Verdict)}</td><th scope="row">{g.DisplayName}{id}</th><td title="{g.Explanation}">{g.Gate} <small>{g.Metric}</small></td><td data-sort="{(int)g.Severity}">{Words.Of(g.Severity)}{uncounted}</td>{Number(g.Base)}{Number(g.Value)}{Number(g.Statistic)}<td class="number interval" data-sort="{Sort(g.Statistic)}">{IntervalSvg.Of(g)}<span>{GateText.Interval(g)}</span><small>{GateText.Limit(g)}</small></td><td class="number" data-sort="{g.N}">{g.N}</td><td class="number" data-sort="{g.Location.Line}">line {g.Location.Line}</td></tr>

            """);
    }

    private static Markup Number(double? value) => Markup.Of($"<td class=\"number\" data-sort=\"{Sort(value)}\">{GateText.Number(value)}</td>");

    // What was not measured sorts before every number.
    private static string Sort(double? value) => (value ?? double.MinValue).ToString("R", CultureInfo.InvariantCulture);
}
