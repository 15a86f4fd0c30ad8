using System.Globalization;
using System.Text;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>
/// A report as one HTML file for people who decide on it: verdict first, then gates, waivers, pictures, heat maps, probes, attacks, edit, evidence. It
/// asks for nothing from anywhere; its content security policy forbids it to.
/// </summary>
public static class HtmlReport
{
    /// <summary>The longest page in bytes that pictures should be made to fit in.</summary>
    public const int LongestPage = 25_000_000;

    private static readonly string Policy = $"default-src 'none'; img-src data:; style-src {PageResource.Style.PolicySource}; script-src {PageResource.Script.PolicySource}; base-uri 'none'; form-action 'none'";

    /// <summary>Renders a report.</summary>
    /// <returns>UTF-8 with a final newline.</returns>
    public static byte[] Render(ReportView report, HtmlOptions options)
    {
        (string Id, string Title, Markup Content)[] sections =
        [
            ("gates", "Gates", GatesHtml.Of(report)),
            ("waivers", "Waivers", WaiversHtml.Of(report, options.Today)),
            ("pictures", "Pictures", PicturesHtml.Of(report, options)),
            ("causes", "Causal traces", HeatMapsHtml.Of(report, options.Trace)),
            ("probes", "Probes", ProbesHtml.Of(report)),
            ("attacks", "Attacks", AttacksHtml.Of(report)),
            ("edit", "Edit", EditHtml.Of(report)),
            ("evidence", "Evidence", EvidenceHtml.Of(report, options)),
        ];
        var shown = sections.Where(s => s.Content.ToString().Length > 0).ToArray();
        var verdict = report.Audit is { } audit ? Words.Of(audit.Verdict) : "not audited";
        var page = PageResource.Template.Text;
        foreach (var (mark, content) in new[]
        {
            // Texts of the report come last: what is filled in before cannot be theirs.
            ("policy", Markup.Of($"{Policy}")),
            ("style", Markup.Trusted(PageResource.Style.Text)),
            ("script", Markup.Trusted(PageResource.Script.Text)),
        }) page = page.Replace($"{{{{{mark}}}}}", content.ToString(), StringComparison.Ordinal);
        var parts = page.Split("{{content}}");
        var title = Markup.Of($"{verdict} · {report.Model.Output.Name} · ModelGuard report");
        var (head, tail) = (parts[0].Split("{{title}}"), parts[1]);
        var html = new StringBuilder();
        html.Append(head[0]).Append(title).Append(head[1]);
        html.Append(VerdictHtml.Of(report, shown.Select(s => (s.Id, s.Title))));
        html.Append("<main id=\"content\">\n");
        foreach (var (id, name, content) in shown) html.Append(CultureInfo.InvariantCulture, $"<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{name}</h2>\n{content}</section>\n");
        html.Append("</main>\n").Append(tail);
        return Encoding.UTF8.GetBytes(html.ToString());
    }
}
