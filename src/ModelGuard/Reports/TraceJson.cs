using System.Text.Json;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;

namespace ModelGuard.Reports;

/// <summary>A trace as JSON, with every value of every run, so that other statistics can be computed from it.</summary>
public static class TraceJson
{
    /// <summary>The report's bytes, UTF-8, with a final newline; what differs from run to run stands under <c>run</c> alone.</summary>
    public static byte[] Write(TraceReport report) => ReportJson.Document(json =>
    {
        json.WriteString("schemaVersion", TraceReport.SchemaVersion);
        json.WriteStartObject("tool");
        json.WriteString("name", "modelguard");
        json.WriteString("version", report.ToolVersion);
        json.WriteEndObject();
        json.WriteStartObject("model");
        json.WriteString("name", report.Model.Name);
        json.WriteString("digest", report.Model.Digest);
        json.WriteEndObject();
        if (report.ScorerDigest is { } scorer) json.WriteString("scorerDigest", scorer);
        ReportJson.WriteEnvironment(json, report.Environment);
        WriteSettings(json, report);
        json.WriteStartArray("concepts");
        foreach (var concept in report.Concepts)
        {
            json.WriteStartObject();
            json.WriteString("id", concept.Id);
            json.WriteStartArray("traces");
            foreach (var trace in concept.Components) WriteTrace(json, trace);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (report.Run is { } run) ReportJson.WriteRun(json, run);
    });

    /// <summary>The layers that a trace chose, with what it found.</summary>
    internal static void WriteChoices(Utf8JsonWriter json, IEnumerable<LayerChoice> choices)
    {
        json.WriteStartArray("layers");
        foreach (var choice in choices)
        {
            json.WriteStartObject();
            json.WriteString("component", choice.Component);
            json.WriteStartArray("chosen");
            foreach (var layer in choice.Layers) json.WriteNumberValue(layer);
            json.WriteEndArray();
            json.WriteBoolean("isLocalised", choice.IsLocalised);
            json.WriteStartArray("evidence");
            foreach (var evidence in choice.Evidence)
            {
                json.WriteStartObject();
                json.WriteString("concept", evidence.Concept);
                json.WriteString("conclusion", ReportJson.Word(evidence.Conclusion));
                WriteLocalisation(json, evidence.Localisation);
                if (evidence.Controls is { } controls) WriteControls(json, controls);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSettings(Utf8JsonWriter json, TraceReport report)
    {
        json.WriteStartObject("settings");
        json.WriteString("corruption", ReportJson.Word(report.Settings.Corruption));
        json.WriteNumber("noiseFactor", report.Settings.NoiseFactor);
        json.WriteNumber("draws", report.Settings.Draws);
        json.WriteNumber("seed", report.Settings.Seed);
        json.WriteNumber("window", report.Settings.Window);
        json.WriteNumber("minimumShare", report.Settings.MinimumShare);
        if (report.Generation is { } generation)
        {
            json.WriteString("scheduler", generation.Scheduler);
            json.WriteNumber("steps", generation.Steps);
            json.WriteNumber("guidanceScale", generation.GuidanceScale);
        }

        json.WriteEndObject();
    }

    private static void WriteTrace(Utf8JsonWriter json, ComponentTrace trace)
    {
        json.WriteStartObject();
        json.WriteString("component", trace.Component);
        json.WriteString("replaced", trace.What);
        json.WriteString("measure", trace.Measure);
        json.WriteString("conclusion", ReportJson.Word(trace.Conclusion));
        WriteLocalisation(json, trace.Localisation);
        if (trace.Controls is { } controls) WriteControls(json, controls);
        json.WriteStartArray("prompts");
        foreach (var prompt in trace.Prompts) WritePrompt(json, prompt);
        json.WriteEndArray();
        json.WriteStartObject("otherMeasures");
        foreach (var (name, prompts) in trace.Others.OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            json.WriteStartArray(name);
            foreach (var prompt in prompts) WritePrompt(json, prompt);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLocalisation(Utf8JsonWriter json, Localisation localisation)
    {
        json.WriteStartObject("localisation");
        json.WriteString("explanation", localisation.Explanation);
        WriteEffect(json, "best", localisation.Best);
        WriteEffect(json, "next", localisation.Next);
        ReportJson.WriteNumber(json, "lead", localisation.Lead);
        WriteInterval(json, "leadInterval", localisation.LeadInterval);
        json.WriteEndObject();
    }

    private static void WriteEffect(Utf8JsonWriter json, string key, SiteEffect? effect)
    {
        if (effect is null) return;
        json.WriteStartObject(key);
        WriteSite(json, effect.Site);
        json.WriteString("positions", ReportJson.Word(effect.Role));
        ReportJson.WriteNumber(json, "share", effect.Share);
        WriteInterval(json, "interval", effect.Interval);
        json.WriteEndObject();
    }

    private static void WriteControls(Utf8JsonWriter json, TraceControls controls)
    {
        json.WriteStartObject("controls");
        json.WriteBoolean("passed", controls.Passed);
        json.WriteBoolean("identityIsExact", controls.IdentityIsExact);
        json.WriteBoolean("isNecessary", controls.IsNecessary);
        foreach (var (name, control) in new[] { ("unrelatedDonor", controls.Donor), ("randomDirection", controls.Random), ("corruptedIntoClean", controls.Reverse) })
        {
            json.WriteStartObject(name);
            json.WriteBoolean("passed", control.Passed);
            ReportJson.WriteNumber(json, "share", control.Share);
            ReportJson.WriteNumber(json, "margin", control.Margin);
            WriteInterval(json, "marginInterval", control.MarginInterval);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WritePrompt(Utf8JsonWriter json, PromptTrace prompt)
    {
        json.WriteStartObject();
        json.WriteString("prompt", prompt.Prompt);
        json.WriteString("subject", prompt.Subject);
        if (prompt.Noise is { } noise) json.WriteNumber("noise", noise);
        if (prompt.CleanRecognition is { } clean) json.WriteNumber("cleanRecognition", clean);
        if (prompt.CorruptedRecognition is { } corrupted) json.WriteNumber("corruptedRecognition", corrupted);
        if (prompt.ScreenedOut is { } reason) json.WriteString("screenedOut", reason);
        json.WriteStartArray("rows");
        foreach (var row in prompt.Rows)
        {
            json.WriteStartObject();
            json.WriteString("label", row.Label);
            json.WriteString("role", ReportJson.Word(row.Role));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteValues(json, "clean", prompt.High);
        WriteValues(json, "corrupted", prompt.Low);
        json.WriteStartArray("cells");
        foreach (var cell in prompt.Cells)
        {
            json.WriteStartObject();
            WriteSite(json, cell.Site);
            json.WriteNumber("row", cell.Row);
            ReportJson.WriteNumber(json, "effect", prompt.Effect(cell));
            ReportJson.WriteNumber(json, "share", prompt.Share(cell));
            WriteValues(json, "restored", cell.Restored);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSite(Utf8JsonWriter json, TraceSite site)
    {
        json.WriteString("kind", ReportJson.Word(site.Kind));
        json.WriteString("module", site.Path);
        json.WriteNumber("first", site.First);
        json.WriteNumber("count", site.Count);
    }

    private static void WriteValues(Utf8JsonWriter json, string key, IEnumerable<double> values)
    {
        json.WriteStartArray(key);
        foreach (var value in values)
        {
            if (double.IsFinite(value)) json.WriteNumberValue(value);
            else json.WriteNullValue();
        }

        json.WriteEndArray();
    }

    private static void WriteInterval(Utf8JsonWriter json, string key, Interval? interval)
    {
        if (interval is null) return;
        json.WriteStartArray(key);
        json.WriteNumberValue(interval.Low);
        json.WriteNumberValue(interval.High);
        json.WriteEndArray();
    }
}
