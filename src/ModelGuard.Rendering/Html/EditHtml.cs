using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>How the model was made from its base.</summary>
internal static class EditHtml
{
    public static Markup Of(ReportView report)
    {
        if (report.Edit is not { } edit) return Markup.None;
        return Markup.Of($"""
            <dl class="facts">
            {Fact("Method", Words.Methods(edit))}{Fact("λ", Number(edit.Lambda))}{Fact("Tokens", Words.Of(edit.Tokens))}{Fact("Preserved", $"{Words.Of(edit.Preserve)}, weight {Number(edit.PreserveWeight)}")}{Fact("Weight of ordinary text", Number(edit.CovarianceWeight))}{Fact("Contexts", Number(edit.Contexts))}{(edit.MaxDrift is { } limit ? Fact("Most drift", Number(limit)) : Markup.None)}{edit.Layers.Select(l => Fact($"Layers of {l.Component}", $"{string.Join(", ", l.Chosen.Select(c => Number(c)))} ({(l.IsLocalised ? "where a trace found it" : "a trace found no single place")})"))}
            </dl>
            <h3>Changed tensors</h3>
            <div class="scroll" tabindex="0" role="group" aria-label="Changed tensors">
            <table>
            <thead><tr><th scope="col">Tensor</th><th scope="col">Type</th>{new[] { "Rows asked for", "Rows held", "Relative change", "Largest change", "Condition", "Residual", "Rounding" }.Select(n => Markup.Of($"<th scope=\"col\" class=\"number\">{n}</th>"))}</tr></thead>
            <tbody>
            {edit.Tensors.Select(t => Markup.Of($"<tr><th scope=\"row\"><code>{t.Tensor}</code> <small>{t.Component}</small></th><td>{t.Dtype}</td><td class=\"number\">{t.Constraints}</td><td class=\"number\">{t.Preserved}</td><td class=\"number\">{Short(t.RelativeDelta)}</td><td class=\"number\">{Short(t.MaxAbsDelta)}</td><td class=\"number\">{Short(t.ConditionNumber)}</td><td class=\"number\">{Short(t.Residual)}</td><td class=\"number\">{Short(t.RoundingError)}</td></tr>\n"))}
            </tbody>
            </table>
            </div>
            {Drift(edit)}{Hardening(edit)}{Paths(edit)}
            """);
    }

    private static Markup Drift(EditView edit) => edit.Drift.IsEmpty
        ? Markup.None
        : Markup.Of($"""
            <h3>Drift of preserved prompts</h3>
            <div class="scroll" tabindex="0" role="group" aria-label="Drift of preserved prompts">
            <table>
            <thead><tr><th scope="col">Preserved</th><th scope="col">Prompt that moved furthest</th><th scope="col" class="number">Drift</th></tr></thead>
            <tbody>
            {edit.Drift.Select(d => Markup.Of($"<tr><th scope=\"row\">{d.Name}</th><td>{d.Prompt}</td><td class=\"number\">{Short(d.Drift)}</td></tr>\n"))}
            </tbody>
            </table>
            </div>

            """);

    private static Markup Hardening(EditView edit) => edit.Hardening.IsEmpty
        ? Markup.None
        : Markup.Of($"""
            <h3>Hardening</h3>
            <ol>{edit.Hardening.Select(r => Markup.Of($"<li>{Words.Of(r.Outcome)}: of {r.Searched} sentences {(r.Found.IsEmpty ? "none" : string.Join(", ", r.Found.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Count} by {f.Attack}"))))}</li>"))}</ol>

            """);

    private static Markup Paths(EditView edit) => edit.TextPaths.IsEmpty
        ? Markup.None
        : Markup.Of($"""
            <h3>Ways from the prompt to the picture</h3>
            <ul>{edit.TextPaths.Select(p => Markup.Of($"<li>{p.Path}: {(p.Edited ? "edited" : "not edited")}</li>"))}</ul>

            """);

    private static Markup Fact(string name, string value) => Markup.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Short(double? value) => value?.ToString("G4", CultureInfo.InvariantCulture) ?? "–";
}
