using System.Globalization;
using System.Text.Json;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Sarif;

/// <summary>The results of a SARIF run: every gate that did not pass.</summary>
internal static class SarifResults
{
    public static void Write(Utf8JsonWriter json, ReportView report, AuditView audit, string uri)
    {
        var rules = audit.Gates.Select(SarifReport.RuleId).Distinct(StringComparer.Ordinal).Select((id, i) => (id, i)).ToDictionary(r => r.id, r => r.i, StringComparer.Ordinal);
        var waivers = audit.Waivers.ToLookup(w => (w.Gate, w.Concept));
        json.WriteStartArray("results");
        foreach (var gate in audit.Gates.Where(g => g.Verdict != VerdictWord.Pass).OrderByDescending(g => g.Severity).Take(SarifReport.MostResults))
        {
            json.WriteStartObject();
            json.WriteString("ruleId", SarifReport.RuleId(gate));
            json.WriteNumber("ruleIndex", rules[SarifReport.RuleId(gate)]);
            json.WriteString("level", GateText.Counts(audit, gate) ? "error" : "warning");
            SarifReport.WriteText(json, "message", UntrustedText.Inert(GateText.Finding(audit, gate), 1000));
            WriteLocation(json, gate, uri);
            WriteFingerprints(json, gate);
            if (gate.Verdict == VerdictWord.Waived) WriteSuppressions(json, waivers[(gate.Gate, gate.Concept)]);
            WriteProperties(json, gate);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLocation(Utf8JsonWriter json, GateView gate, string uri)
    {
        json.WriteStartArray("locations");
        json.WriteStartObject();
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", uri);
        json.WriteNumber("index", 0);
        json.WriteEndObject();
        json.WriteStartObject("region");
        json.WriteNumber("startLine", gate.Location.Line);
        json.WriteNumber("startColumn", gate.Location.Column);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteFingerprints(Utf8JsonWriter json, GateView gate)
    {
        var fingerprint = SarifReport.Fingerprint(gate);
        json.WriteStartObject("partialFingerprints");
        json.WriteString("modelguardGateAndConcept/v1", fingerprint);
        // The one that GitHub looks at; it would hash the line's text itself, which changes with the concept's other keys.
        json.WriteString("primaryLocationLineHash", $"{fingerprint[..16]}:1");
        json.WriteEndObject();
    }

    private static void WriteSuppressions(Utf8JsonWriter json, IEnumerable<WaiverView> waivers)
    {
        json.WriteStartArray("suppressions");
        foreach (var waiver in waivers)
        {
            json.WriteStartObject();
            json.WriteString("kind", "external");
            json.WriteString("status", "accepted");
            json.WriteString("justification", UntrustedText.Inert(string.Create(CultureInfo.InvariantCulture, $"{waiver.Owner}, until {waiver.Expires:yyyy-MM-dd}: {waiver.Reason}"), 1000));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProperties(Utf8JsonWriter json, GateView gate)
    {
        json.WriteStartObject("properties");
        json.WriteString("verdict", Words.Of(gate.Verdict));
        json.WriteString("severity", Words.Of(gate.Severity));
        foreach (var (key, value) in new[] { ("statistic", gate.Statistic), ("low", gate.Low), ("high", gate.High), ("value", gate.Value), ("base", gate.Base) })
        {
            if (value is { } number) json.WriteNumber(key, number);
        }

        json.WriteNumber("n", gate.N);
        json.WriteEndObject();
    }
}
