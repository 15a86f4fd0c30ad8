using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>What was tried to get removed concepts back.</summary>
internal static class AttacksHtml
{
    public static Markup Of(ReportView report)
    {
        var attacked = (report.Audit?.Measured ?? []).Where(m => !m.Attacks.IsEmpty).ToArray();
        if (attacked.Length == 0) return Markup.None;
        return Markup.Of($"""
            <p class="note">Each attempt looks for a prompt whose encoding comes close to what the base makes of the concept. It succeeded where {Judge(report)}.</p>
            {attacked.Select(m => Concept(report, m))}
            """);
    }

    private static Markup Concept(ReportView report, MeasuredView measured)
    {
        var (succeeded, name) = (measured.Attacks.Count(a => a.Succeeded), report.PublicName(measured.Concept));
        return Markup.Of($"""
            <details class="fold"{(succeeded > 0 ? Markup.Of($" open") : Markup.None)}>
            <summary><span>{name}</span> <small>{succeeded} of {measured.Attacks.Length} attempts succeeded</small></summary>
            <div class="scroll" tabindex="0" role="group" aria-label="Attacks on {name}">
            <table>
            <thead><tr><th scope="col">Outcome</th><th scope="col">Attack</th><th scope="col">From the prompt</th><th scope="col">Found</th><th scope="col" class="number">Distance before</th><th scope="col" class="number">after</th></tr></thead>
            <tbody>
            {measured.Attacks.Select(a => Markup.Of($"<tr><td>{Outcome(a)}</td><td>{a.Attack}</td><td>{a.Prompt}</td><td>{Found(a)}</td><td class=\"number\">{GateText.Number(a.DistanceBefore)}</td><td class=\"number\">{GateText.Number(a.DistanceAfter)}</td></tr>\n"))}
            </tbody>
            </table>
            </div>
            </details>

            """);
    }

    private static string Judge(ReportView report) => report.Audit?.Measured.SelectMany(m => m.Attacks).All(a => a.JudgedOn == "states") is true
        ? "what was found is encoded nearer to the concept than to anything that it could be taken for; no picture was made"
        : "a picture of what was found shows the concept again";

    private static Markup Found(AttackView attack) => attack.Found is { } found ? Markup.Of($"<code>{found}</code>") : Markup.Of($"<i>nothing that can be typed</i>");

    private static Markup Outcome(AttackView attack) => attack switch
    {
        { Succeeded: true, WasPresent: true } => Markup.Of($"<span class=\"badge fail\">there without attack</span>"),
        { Succeeded: true } => Markup.Of($"<span class=\"badge fail\">came back</span>"),
        _ => Markup.Of($"<span class=\"badge pass\">stayed away</span>"),
    };
}
