using System.Globalization;
using System.Text.Json;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>Causal traces as heat maps, token × layer, one for each kind of state (Meng et al. 2022, figure 1).</summary>
internal static class HeatMapsHtml
{
    public static Markup Of(ReportView report, TraceView? trace)
    {
        var traces = (trace?.Concepts ?? []).SelectMany(c => c.Traces.Select(t => (Concept: c.Id, Trace: t))).ToArray();
        if (traces.Length == 0) return Markup.None;
        return Markup.Of($"""
            <p class="note">How much of a concept's effect comes back when one state of the undisturbed run is restored in a disturbed one: 0 nothing, 1 all of it. Traced in {trace!.Model.Name} (<code>{Short(trace.Model.Digest)}</code>){(trace.Model.Digest == report.Model.Base.Digest ? ", the base of this report" : trace.Model.Digest == report.Model.Output.Digest ? ", the model of this report" : report.Model.Serialization is null ? ", which is neither the base nor the model of this report" : ", a digest over files, which tells nothing of this report's models, whose digests are over shards")}.</p>
            {traces.Select((t, i) => Trace(report, t.Concept, t.Trace, i == 0))}
            """);
    }

    private static Markup Trace(ReportView report, string concept, ComponentTraceView trace, bool isOpen)
    {
        var prompts = trace.Prompts.Where(p => p.ScreenedOut is null).ToArray();
        return Markup.Of($"""
            <details class="fold heat"{(isOpen ? Markup.Of($" open") : Markup.None)}>
            <summary><span>{report.PublicName(concept)}</span> <small>{trace.Component}, {trace.Measure}: {trace.Conclusion}. {trace.Localisation.Explanation}</small></summary>
            {(prompts.Length == 0 ? Markup.Of($"<p>No prompt counts: each was screened out.</p>") : PageData.Block(json => WritePrompts(json, prompts)))}
            </details>

            """);
    }

    private static void WritePrompts(Utf8JsonWriter json, TracedPromptView[] prompts)
    {
        json.WriteStartArray("maps");
        foreach (var prompt in prompts)
        {
            json.WriteStartObject();
            json.WriteString("prompt", PageData.Text(prompt.Prompt));
            json.WriteStartArray("rows");
            foreach (var row in prompt.Rows)
            {
                json.WriteStartObject();
                json.WriteString("label", PageData.Text(row.Label));
                json.WriteBoolean("subject", row.Role.Contains("subject", StringComparison.Ordinal));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("panels");
            foreach (var kind in prompt.Cells.GroupBy(c => c.Kind, StringComparer.Ordinal)) WritePanel(json, kind.Key, [.. kind], prompt.Rows.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePanel(Utf8JsonWriter json, string kind, TraceCellView[] cells, int rows)
    {
        var sites = cells.Select(c => (c.Module, c.First, c.Count)).Distinct().ToArray();
        var shares = cells.ToLookup(c => ((c.Module, c.First, c.Count), c.Row));
        json.WriteStartObject();
        json.WriteString("kind", PageData.Text(kind));
        json.WriteStartArray("columns");
        foreach (var (module, first, count) in sites)
        {
            json.WriteStartObject();
            json.WriteString("label", count == 1 ? string.Create(CultureInfo.InvariantCulture, $"{first}") : string.Create(CultureInfo.InvariantCulture, $"{first}–{first + count - 1}"));
            json.WriteString("module", PageData.Text(module));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("values");
        for (var row = 0; row < rows; row++)
        {
            json.WriteStartArray();
            foreach (var site in sites)
            {
                if (shares[(site, row)].FirstOrDefault()?.Share is { } share && double.IsFinite(share)) json.WriteNumberValue(Math.Round(share, 4));
                else json.WriteNullValue();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Short(string digest) => digest.Length > 19 ? digest[7..19] : digest;
}
