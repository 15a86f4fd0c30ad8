using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Sarif;

/// <summary>
/// Gates that did not pass as SARIF 2.1.0 (OASIS), for GitHub's code scanning and others: one rule for each gate, one result for each gate and
/// concept, at the concept's line in the policy. Waived ones are suppressed (§3.35).
/// </summary>
public static class SarifReport
{
    /// <summary>The most results of a run that GitHub takes.</summary>
    public const int MostResults = 25_000;

    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders the audit of a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="policyPath">The policy's path from the root of the repository, with <c>/</c>; null for the name that the report tells.</param>
    /// <returns>UTF-8 with a final newline.</returns>
    /// <exception cref="ReportException">MG1403: the report holds no audit.</exception>
    public static byte[] Render(ReportView report, string? policyPath = null)
    {
        var audit = report.Audit ?? throw new ReportException("MG1403", $"The report of '{report.Model.Output.Name}' holds no audit, so there are no results. Audit the model first: modelguard audit.");
        var uri = string.Join('/', (policyPath ?? report.Policy.Name.Replace('/', '-')).Split('/').Select(Uri.EscapeDataString));
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
            json.WriteString("version", "2.1.0");
            json.WriteStartArray("runs");
            json.WriteStartObject();
            WriteTool(json, report, audit);
            WriteInvocation(json, report, audit);
            WriteArtifact(json, report, uri);
            SarifResults.Write(json, report, audit, uri);
            json.WriteString("columnKind", "utf16CodeUnits");
            json.WriteStartObject("automationDetails");
            json.WriteString("id", $"modelguard/{UntrustedText.Inert(report.Policy.Name, 100)}/");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>The rule of a gate; the same from run to run, whatever came of the gate.</summary>
    internal static string RuleId(GateView gate) => $"modelguard-{UntrustedText.Inert(gate.Gate, 100)}";

    /// <summary>Plain text of SARIF (§3.11): brackets would make a link of it.</summary>
    internal static void WriteText(Utf8JsonWriter json, string key, string text)
    {
        json.WriteStartObject(key);
        json.WriteString("text", text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal));
        json.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter json, ReportView report, AuditView audit)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "ModelGuard");
        json.WriteString("version", UntrustedText.Inert(report.Tool.Version, 100));
        json.WriteStartArray("rules");
        foreach (var gate in audit.Gates.DistinctBy(RuleId, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("id", RuleId(gate));
            WriteText(json, "shortDescription", UntrustedText.Inert(string.Create(CultureInfo.InvariantCulture, $"Gate '{gate.Gate}': {gate.Metric}, {GateText.Limit(gate)}."), 500));
            WriteText(json, "fullDescription", UntrustedText.Inert(string.Create(CultureInfo.InvariantCulture, $"The 95 % interval of '{gate.Metric}' must lie on the allowed side of the limit, {GateText.Limit(gate)}."), 500));
            WriteText(json, "help", "Change the edit or the policy's limit, or accept the failure with a waiver that has an owner, a reason and a last day. More seeds or prompts narrow an interval that straddles the limit.");
            json.WriteStartObject("properties");
            json.WriteStartArray("tags");
            json.WriteStringValue("model-governance");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteInvocation(Utf8JsonWriter json, ReportView report, AuditView audit)
    {
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        // An audit without results judged nothing: that is no clean run.
        json.WriteBoolean("executionSuccessful", !audit.Gates.IsEmpty);
        if (report.Run is { } run)
        {
            json.WriteString("startTimeUtc", Time(run.StartedAt));
            json.WriteString("endTimeUtc", Time(run.StartedAt.AddMilliseconds(run.DurationMs)));
        }

        json.WriteStartObject("properties");
        json.WriteString("verdict", Words.Of(audit.Verdict));
        json.WriteString("model", report.Model.Output.Digest);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();

        static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
    }

    private static void WriteArtifact(Utf8JsonWriter json, ReportView report, string uri)
    {
        json.WriteStartArray("artifacts");
        json.WriteStartObject();
        json.WriteStartObject("location");
        json.WriteString("uri", uri);
        json.WriteEndObject();
        json.WriteStartObject("hashes");
        json.WriteString("sha-256", report.Policy.Digest["sha256:".Length..]);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>What makes a result the same as one of another run: gate and concept, whatever line they stand on.</summary>
    internal static string Fingerprint(GateView gate) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{gate.Gate}\0{gate.Concept}")).AsSpan(0, 16));
}
