using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>What came of asking for removed concepts in other ways.</summary>
internal static class ProbesHtml
{
    public static Markup Of(ReportView report)
    {
        var probed = (report.Audit?.Measured ?? []).Where(m => !m.Probes.IsEmpty).ToArray();
        if (probed.Length == 0) return Markup.None;
        return Markup.Of($"""
            <p class="note">Each probe asks for the concept in another way than its own prompts. The numbers are shares of pictures that show it; a gate looks at the worst kind.</p>
            {probed.Select(m => Concept(report, m))}
            """);
    }

    private static Markup Concept(ReportView report, MeasuredView measured)
    {
        var (shown, name) = (measured.Probes.Count(p => p.Value is not 0), report.PublicName(measured.Concept));
        return Markup.Of($"""
            <details class="fold"{(shown > 0 ? Markup.Of($" open") : Markup.None)}>
            <summary><span>{name}</span> <small>{shown} of {measured.Probes.Length} probes show it</small></summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Probes of {name}">
            <table>
            <thead><tr><th scope="col">Kind</th><th scope="col">Prompt</th><th scope="col" class="number">Base</th><th scope="col" class="number">Edited</th><th scope="col" class="number">n</th></tr></thead>
            <tbody>
            {measured.Probes.Select(p => Markup.Of($"<tr><td>{p.Kind}</td><td>{p.Prompt}</td><td class=\"number\">{GateText.Number(p.Base)}</td><td class=\"number\">{GateText.Number(p.Value)}</td><td class=\"number\">{p.N}</td></tr>\n"))}
            </tbody>
            </table>
            </div>
            </details>

            """);
    }
}
