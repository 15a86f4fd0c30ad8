using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.CycloneDx;

/// <summary>
/// A report as a bill of materials for a machine learning model (CycloneDX 1.6, ECMA-424): the model is the component that is described, the
/// base is the ancestor in its pedigree, the edit a patch, and gates are performance metrics of its model card.
/// </summary>
public static class CycloneDxReport
{
    private const string Prefix = "modelguard:";
    private const string DigestPrefix = "sha256:";
    private const int LongestText = 1000;
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="sha256">SHA-256 of the report's bytes, lower-case hex: the same report gives the same serial number.</param>
    /// <returns>UTF-8 with a final newline.</returns>
    public static byte[] Render(ReportView report, string sha256)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
            json.WriteString("bomFormat", "CycloneDX");
            json.WriteString("specVersion", "1.6");
            json.WriteString("serialNumber", SerialNumber(sha256));
            json.WriteNumber("version", 1);
            WriteMetadata(json, report, sha256);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    // RFC 9562, section 5.8: version 8 is for UUIDs of one's own making.
    private static string SerialNumber(string sha256) => $"urn:uuid:{sha256[..8]}-{sha256[8..12]}-8{sha256[13..16]}-8{sha256[17..20]}-{sha256[20..32]}";

    private static void WriteMetadata(Utf8JsonWriter json, ReportView report, string sha256)
    {
        json.WriteStartObject("metadata");
        if (report.Run is { } run) json.WriteString("timestamp", run.StartedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteStartObject("tools");
        json.WriteStartArray("components");
        json.WriteStartObject();
        json.WriteString("type", "application");
        json.WriteString("name", Text(report.Tool.Name));
        json.WriteString("version", Text(report.Tool.Version));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("component");
        WriteModel(json, "model", report.Model.Output);
        if (report.Edit is { } edit) WritePedigree(json, report, edit);
        WriteModelCard(json, report);
        WriteProperties(json, report, sha256);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, string reference, NamedDigest model)
    {
        json.WriteString("type", "machine-learning-model");
        json.WriteString("bom-ref", reference);
        json.WriteString("name", Text(model.Name));
        json.WriteStartArray("hashes");
        json.WriteStartObject();
        json.WriteString("alg", "SHA-256");
        json.WriteString("content", model.Digest[DigestPrefix.Length..]);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WritePedigree(Utf8JsonWriter json, ReportView report, EditView edit)
    {
        json.WriteStartObject("pedigree");
        json.WriteStartArray("ancestors");
        json.WriteStartObject();
        WriteModel(json, "base", report.Model.Base);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartArray("patches");
        json.WriteStartObject();
        json.WriteString("type", "unofficial");
        json.WriteStartObject("diff");
        json.WriteStartObject("text");
        json.WriteString("contentType", "text/plain");
        json.WriteString("content", string.Concat(edit.Tensors.Select(t => $"{Text(t.Component)}/{Text(t.Tensor)} ({Text(t.Dtype)}): {t.DigestBefore} → {t.DigestAfter}\n")));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("notes", string.Create(CultureInfo.InvariantCulture, $"Edited in closed form by the method '{Text(Words.Methods(edit))}' under the policy '{Text(report.Policy.Name)}' ({report.Policy.Digest}): {edit.Tensors.Length} tensor(s) differ from the base, and nothing else does."));
        json.WriteEndObject();
    }

    private static void WriteModelCard(Utf8JsonWriter json, ReportView report)
    {
        json.WriteStartObject("modelCard");
        json.WriteStartObject("modelParameters");
        json.WriteString("task", "text-to-image");
        json.WriteEndObject();
        if (report.Audit is { } audit)
        {
            json.WriteStartObject("quantitativeAnalysis");
            json.WriteStartArray("performanceMetrics");
            foreach (var gate in audit.Gates) WriteMetric(json, gate);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteStartObject("considerations");
        json.WriteStartArray("technicalLimitations");
        json.WriteStringValue("Whoever has the weights can undo an edit.");
        json.WriteStringValue("A gate says what the prompts and seeds of an audit showed; it does not say that a concept cannot be reached in any way.");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // Values are texts in this format; a metric without a value was not measured, and is told with its verdict alone.
    private static void WriteMetric(Utf8JsonWriter json, GateView gate)
    {
        json.WriteStartObject();
        json.WriteString("type", $"{Text(gate.Metric)} ({Text(gate.Gate)}: {gate.Verdict.ToString().ToLowerInvariant()})");
        if (gate.Statistic is { } value) json.WriteString("value", Number(value));
        json.WriteString("slice", Text(gate.DisplayName));
        if (gate is { Low: { } low, High: { } high })
        {
            json.WriteStartObject("confidenceInterval");
            json.WriteString("lowerBound", Number(low));
            json.WriteString("upperBound", Number(high));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteProperties(Utf8JsonWriter json, ReportView report, string sha256)
    {
        json.WriteStartArray("properties");
        Property("hash", $"The hashes of model and base are root digests as OpenSSF model signing 1.0 defines them: SHA-256 over the SHA-256 digests of all {(report.Model.Serialization is null ? "files" : "shards")}, in the order of their names.");
        if (report.Model.Serialization is { } serialization) Property("shardSize", serialization.ShardSize.ToString(CultureInfo.InvariantCulture));
        Property("report", DigestPrefix + sha256);
        Property("policy", report.Policy.Digest);
        if (report.Model.SettingsDigest is { } settings) Property("settings", settings);
        if (report.Audit is { } audit) Property("verdict", audit.Verdict.ToString().ToLowerInvariant());
        json.WriteEndArray();

        void Property(string name, string value)
        {
            json.WriteStartObject();
            json.WriteString("name", Prefix + name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }
    }

    private static string Text(string text) => UntrustedText.Visible(text, LongestText);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
