using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>Failures that somebody accepted.</summary>
internal static class WaiversHtml
{
    public static Markup Of(ReportView report, DateOnly today) => report.Audit is not { Waivers.IsEmpty: false } audit
        ? Markup.None
        : Markup.Of($"""
            <div class="scroll" tabindex="0" role="group" aria-labelledby="waivers-title">
            <table>
            <thead><tr><th scope="col">Concept</th><th scope="col">Gate</th><th scope="col">Accepted by</th><th scope="col">Reason</th><th scope="col">Until (UTC)</th></tr></thead>
            <tbody>
            {audit.Waivers.Select(w => Markup.Of($"<tr><th scope=\"row\">{report.PublicName(w.Concept)}</th><td>{w.Gate}</td><td>{w.Owner}</td><td>{w.Reason}</td><td>{w.Expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}{State(w, today)}</td></tr>\n"))}
            </tbody>
            </table>
            </div>

            """);

    private static Markup State(WaiverView waiver, DateOnly today) =>
        waiver.IsExpired(today) ? Markup.Of($" <span class=\"badge fail\">expired</span>") : waiver.ExpiresSoon(today) ? Markup.Of($" <span class=\"badge waived\">expires soon</span>") : Markup.None;
}
