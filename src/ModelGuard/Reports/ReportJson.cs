using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelGuard.Editing;
using ModelGuard.Policies;

namespace ModelGuard.Reports;

/// <summary>The report as JSON (<c>docs/schemas/report-v1.schema.json</c>): fixed order of keys, round-trip numbers, and everything that differs from run to run under <c>run</c> alone.</summary>
public static class ReportJson
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The report's bytes, UTF-8, with a final newline.</summary>
    public static byte[] Write(EditReport report) => Document(json =>
    {
        json.WriteString("schemaVersion", EditReport.SchemaVersion);
        WriteTool(json, report);
        WriteModel(json, report);
        WriteEnvironment(json, report.Environment);
        if (report.Edit is not null) WriteEdit(json, report, report.Edit);
        if (report.Audit is not null) ReportAuditJson.Write(json, report.Audit);
        if (report.Run is not null) WriteRun(json, report.Run);
    });

    /// <summary>The part of a report that says what its numbers depend on, as one object.</summary>
    public static byte[] Environment(ComputeEnvironment environment) => Document(json => WriteEnvironmentMembers(json, environment));

    /// <summary>One object as a file's bytes.</summary>
    internal static byte[] Document(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>A word of the policy language for a value of an enumeration: kebab case.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => string.Concat(value.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>NaN and infinity are no JSON: what has no number is null.</summary>
    internal static void WriteNumber(Utf8JsonWriter json, string key, double? value)
    {
        if (value is { } number && double.IsFinite(number)) json.WriteNumber(key, number);
        else json.WriteNull(key);
    }

    private static void WriteTool(Utf8JsonWriter json, EditReport report)
    {
        json.WriteStartObject("tool");
        json.WriteString("name", "modelguard");
        json.WriteString("version", report.ToolVersion);
        json.WriteEndObject();
        json.WriteStartObject("policy");
        json.WriteString("name", report.Policy.Name);
        json.WriteString("digest", "sha256:" + report.Policy.Digest);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, EditReport report)
    {
        json.WriteStartObject("model");
        foreach (var (key, model) in new[] { ("base", report.Base), ("output", report.Model) })
        {
            json.WriteStartObject(key);
            json.WriteString("name", model.Name);
            json.WriteString("digest", model.Digest);
            json.WriteEndObject();
        }

        if (report.ShardSize is { } size)
        {
            json.WriteStartObject("serialization");
            json.WriteString("method", ReportSerialization.Shards);
            json.WriteNumber("shardSize", size);
            json.WriteEndObject();
        }

        if (report.SettingsDigest is { } settings) json.WriteString("settingsDigest", settings);
        if (!report.LeftOut.IsEmpty)
        {
            json.WriteStartArray("leftOut");
            foreach (var name in report.LeftOut) json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    internal static void WriteEnvironment(Utf8JsonWriter json, ComputeEnvironment environment)
    {
        json.WriteStartObject("environment");
        WriteEnvironmentMembers(json, environment);
        json.WriteEndObject();
    }

    private static void WriteEnvironmentMembers(Utf8JsonWriter json, ComputeEnvironment environment)
    {
        json.WriteString("libtorch", environment.LibTorch);
        json.WriteString("device", environment.Device);
        json.WriteNumber("threads", environment.Threads);
        if (environment.Convolutions is { } convolutions) json.WriteString("convolutions", convolutions);
        if (environment.Dtype is { } dtype) json.WriteString("dtype", dtype);
        if (environment.Processor is { } processor) json.WriteString("processor", processor);
    }

    private static void WriteEdit(Utf8JsonWriter json, EditReport report, EditSection edit)
    {
        json.WriteStartObject("edit");
        json.WriteString("method", edit.Method);
        if (edit.CrossAttention is { } second) json.WriteString("crossAttention", second);
        json.WriteNumber("lambda", edit.Lambda);
        json.WriteString("tokens", Word(edit.Tokens));
        json.WriteString("preserve", Word(edit.Preserve));
        json.WriteNumber("preserveWeight", edit.PreserveWeight);
        json.WriteNumber("covarianceWeight", edit.CovarianceWeight);
        json.WriteNumber("contexts", edit.Contexts);
        if (edit.MaxDrift is { } limit) json.WriteNumber("maxDrift", limit);
        json.WriteStartArray("templates");
        foreach (var template in edit.Templates) json.WriteStringValue(template);
        json.WriteEndArray();
        if (!report.LayerChoices.IsEmpty) TraceJson.WriteChoices(json, report.LayerChoices);
        json.WriteStartArray("tensors");
        foreach (var tensor in report.Edits)
        {
            json.WriteStartObject();
            json.WriteString("component", tensor.Component);
            json.WriteString("tensor", tensor.Name);
            json.WriteNumber("layer", tensor.Layer);
            WriteFacts(json, tensor.Facts);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        EvidenceJson.WriteDrift(json, PromptDrifts.Worst(report.Edits));
        EvidenceJson.WritePaths(json, report.TextPaths);
        EvidenceJson.WriteHardening(json, report.Hardening);
        if (report.Fingerprint is { } fingerprint) EvidenceJson.WriteFingerprint(json, fingerprint);
        json.WriteEndObject();
    }

    private static void WriteFacts(Utf8JsonWriter json, EditFacts facts)
    {
        json.WriteString("dtype", facts.DataType);
        json.WriteNumber("constraints", facts.Constraints);
        json.WriteNumber("preserved", facts.Preserved);
        json.WriteNumber("captions", facts.Captions);
        WriteNumber(json, "frobeniusDelta", facts.FrobeniusDelta);
        WriteNumber(json, "relativeDelta", facts.RelativeDelta);
        WriteNumber(json, "maxAbsDelta", facts.MaxAbsDelta);
        WriteNumber(json, "conditionNumber", facts.ConditionNumber);
        WriteNumber(json, "residual", facts.Residual);
        WriteNumber(json, "roundingError", facts.RoundingError);
        WriteNumber(json, "rederivationBound", facts.RederivationBound);
        json.WriteString("digestBefore", facts.DigestBefore);
        json.WriteString("digestAfter", facts.DigestAfter);
    }

    internal static void WriteRun(Utf8JsonWriter json, RunFacts run)
    {
        json.WriteStartObject("run");
        json.WriteString("startedAt", run.StartedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        json.WriteNumber("durationMs", Math.Round(run.Duration.TotalMilliseconds));
        if (run.EditDuration is { } edit) json.WriteNumber("editMs", Math.Round(edit.TotalMilliseconds));
        json.WriteString("machine", run.Machine);
        json.WriteEndObject();
    }
}
