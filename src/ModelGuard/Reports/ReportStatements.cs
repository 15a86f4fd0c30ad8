using System.Collections.Immutable;
using System.Text.Json;
using ModelGuard.Attestations.InToto;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Reports;

/// <summary>
/// A report as in-toto statements. Each follows from the report alone, so that whoever has the report can make it again and compare.
/// </summary>
public static class ReportStatements
{
    /// <summary>The whole report as it stands. Like the type of model signatures, a URI that names and is not looked up.</summary>
    public const string EditReportType = "https://modelguard/attestation/edit-report/v1";

    /// <summary>Which gates passed (in-toto <c>spec/predicates/test-result.md</c>).</summary>
    public const string TestResultType = "https://in-toto.io/attestation/test-result/v0.1";

    /// <summary>How the edited checkpoint was made (SLSA provenance v1). It claims no level of SLSA.</summary>
    public const string ProvenanceType = "https://slsa.dev/provenance/v1";

    private const string BuildType = "https://modelguard/build/edit/v1";
    private const string Builder = "https://modelguard/builder/local/v1";
    private const string DigestPrefix = "sha256:";

    /// <summary>The edit report; the test result where there was an audit; the provenance where there was an edit.</summary>
    /// <param name="report">The report.</param>
    public static ImmutableArray<Statement> Create(ReportFile report)
    {
        var model = new Subject(report.Document.Model.Output.Name, Hex(report.Document.Model.Output.Digest));
        ImmutableArray<Subject> both = [model, new Subject(report.Name, report.Sha256)];
        var statements = ImmutableArray.CreateBuilder<Statement>();
        using (var document = JsonDocument.Parse(report.Bytes)) statements.Add(new Statement(both, EditReportType, document.RootElement.Clone()));
        if (report.Document.Audit is { } audit) statements.Add(new Statement(both, TestResultType, Json(json => WriteTestResult(json, report.Document.Policy, audit))));
        if (report.Document.Edit is { } edit) statements.Add(new Statement([model], ProvenanceType, Json(json => WriteProvenance(json, report, edit))));
        return statements.ToImmutable();
    }

    // Whatever is neither passed nor accepted counts as failed: a field that is lost must never turn a refusal into a pass (in-toto's monotonic principle).
    private static void WriteTestResult(Utf8JsonWriter json, PolicyReference policy, ReportAudit audit)
    {
        var failOn = ReportWords.Parse<Severity>(audit.FailOn);
        var groups = audit.Gates.ToLookup(g => ReportWords.Parse<Verdict>(g.Verdict) switch
        {
            Verdict.Pass => "passedTests",
            Verdict.Waived => "warnedTests",
            _ when ReportWords.Parse<Severity>(g.Severity) < failOn => "warnedTests",
            _ => "failedTests",
        }, g => $"{g.Gate}/{g.Concept}", StringComparer.Ordinal);
        json.WriteString("result", ReportWords.Parse<Verdict>(audit.Verdict) switch
        {
            Verdict.Fail or Verdict.Inconclusive => "FAILED",
            Verdict.Pass when !groups["warnedTests"].Any() => "PASSED",
            _ => "WARNED",
        });
        json.WriteStartArray("configuration");
        WriteResource(json, policy.Name, policy.Digest);
        json.WriteEndArray();
        foreach (var key in new[] { "passedTests", "warnedTests", "failedTests" })
        {
            json.WriteStartArray(key);
            foreach (var name in groups[key]) json.WriteStringValue(name);
            json.WriteEndArray();
        }
    }

    private static void WriteProvenance(Utf8JsonWriter json, ReportFile report, ReportEdit edit)
    {
        var document = report.Document;
        json.WriteStartObject("buildDefinition");
        json.WriteString("buildType", BuildType);
        json.WriteStartObject("externalParameters");
        json.WriteString("method", edit.Method);
        if (edit.CrossAttention is { } second) json.WriteString("crossAttention", second);
        json.WriteStartObject("policy");
        json.WriteString("name", document.Policy.Name);
        json.WriteString("digest", document.Policy.Digest);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WritePropertyName("internalParameters");
        document.Environment.WriteTo(json);
        json.WriteStartArray("resolvedDependencies");
        WriteResource(json, document.Model.Base.Name, document.Model.Base.Digest);
        if (document.Model.SettingsDigest is { } settings) WriteResource(json, "configs and tokenizers", settings);
        WriteResource(json, document.Policy.Name, document.Policy.Digest);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject("runDetails");
        json.WriteStartObject("builder");
        json.WriteString("id", Builder);
        json.WriteStartObject("version");
        json.WriteString(document.Tool.Name, document.Tool.Version);
        json.WriteEndObject();
        json.WriteEndObject();
        if (document.Run is { } run)
        {
            json.WriteStartObject("metadata");
            json.WriteString("startedOn", run.StartedAt.UtcDateTime);
            json.WriteString("finishedOn", run.StartedAt.UtcDateTime.AddMilliseconds(run.DurationMs));
            json.WriteEndObject();
        }

        json.WriteStartArray("byproducts");
        WriteResource(json, report.Name, report.Sha256);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, string name, string digest)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartObject("digest");
        json.WriteString("sha256", Hex(digest));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static JsonElement Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }

    private static string Hex(string digest) => digest.StartsWith(DigestPrefix, StringComparison.Ordinal) ? digest[DigestPrefix.Length..] : digest;
}
