using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using ModelGuard.Shared;

namespace ModelGuard.Rendering.Reading;

/// <summary>Reads reports that anyone may have written: nothing is read that the schema does not describe, and nothing that is too large to be rendered.</summary>
public static partial class ReportReader
{
    /// <summary>The longest report in bytes: some ten thousand gate results.</summary>
    public const int LongestReport = 16 << 20;

    /// <summary>The most gate results.</summary>
    public const int MostGates = 25_000;

    // Code scanning and comments keep far less; a policy's own texts are shorter by far.
    private const int LongestText = 10_000;
    private const int Deepest = 32;
    private const string WayOut = "Take the report that the tool wrote.";

    /// <summary>Reads a report.</summary>
    /// <param name="utf8">The report's bytes.</param>
    /// <param name="place">Where they come from, for messages.</param>
    /// <exception cref="ReportException">MG1401: no report, or one of another version; MG1402: too large.</exception>
    public static ReportView Read(ReadOnlySpan<byte> utf8, string place)
    {
        if (utf8.Length > LongestReport) throw new ReportException("MG1402", FormattableString.Invariant($"'{place}' is {utf8.Length} bytes long; a report of at most {LongestReport} is read. Audit fewer concepts at once."));
        try
        {
            RequireShortTexts(utf8, place);
            NullItems.Refuse(utf8);
            var report = JsonSerializer.Deserialize(utf8, ReportContext.Default.ReportView) ?? throw new JsonException();
            RequireMeaning(report, place);
            return report;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair in an escape.
            throw Refuse(place, Where(e as JsonException), e);
        }
    }

    private static void RequireShortTexts(ReadOnlySpan<byte> utf8, string place)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = Deepest });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueSpan.Length > LongestText) throw new ReportException("MG1402", FormattableString.Invariant($"A text in '{place}' is {reader.ValueSpan.Length} bytes long; one of at most {LongestText} is read. {WayOut}"));
            if (reader.TokenType == JsonTokenType.Number && !(reader.TryGetDouble(out var number) && double.IsFinite(number))) throw Refuse(place, "a number is out of range");
        }
    }

    private static void RequireMeaning(ReportView report, string place)
    {
        if (report.SchemaVersion != "1.0") throw new ReportException("MG1401", $"'{place}' is a report of version '{report.SchemaVersion}'; version 1.0 is read. Render it with the version of the tool that wrote it.");
        if (report.Tool.Name != "modelguard") throw Refuse(place, $"it was written by '{report.Tool.Name}'");
        foreach (var digest in Digests(report))
        {
            if (!Digest().IsMatch(digest)) throw Refuse(place, $"'{digest}' is no digest");
        }

        if (report.Model.Serialization is { } other && (other.Method != ShardName.Method || other.ShardSize < ShardName.SmallestSize)) throw Refuse(place, FormattableString.Invariant($"its digests are by the method '{other.Method}' with {other.ShardSize} bytes, and known is '{ShardName.Method}' with {ShardName.SmallestSize} and more"));
        if (report.Run is { } run && !RunTimes.ArePossible(run.StartedAt, run.DurationMs)) throw Refuse(place, "no run can have started and ended when its 'run' says");
        if (report.Audit is not { } audit) return;
        if (audit.Gates.Length > MostGates) throw new ReportException("MG1402", FormattableString.Invariant($"'{place}' holds {audit.Gates.Length} gate results; at most {MostGates} are rendered. Audit fewer concepts at once."));
        if (audit.Gates.FirstOrDefault(g => g.Location.Line < 1 || g.Location.Column < 1) is { } gate) throw Refuse(place, $"the place of gate '{gate.Gate}' on '{gate.Concept}' is no line and column");
        if (Counts(audit) != audit.Summary) throw Refuse(place, "its summary does not count its gate results");
    }

    private static IEnumerable<string> Digests(ReportView report) =>
    [
        report.Policy.Digest, report.Model.Base.Digest, report.Model.Output.Digest,
        .. new[] { report.Model.SettingsDigest, report.Audit?.ScorerDigest, report.Audit?.Pictures?.Digest }.OfType<string>(),
        .. report.Edit?.Tensors.SelectMany(t => new[] { t.DigestBefore, t.DigestAfter }) ?? [],
    ];

    private static SummaryView Counts(AuditView audit)
    {
        return new SummaryView(Count(VerdictWord.Pass), Count(VerdictWord.Fail), Count(VerdictWord.Waived), Count(VerdictWord.Inconclusive));

        int Count(VerdictWord verdict) => audit.Gates.Count(g => g.Verdict == verdict);
    }

    private static string Where(JsonException? e) => e?.Path is { Length: > 1 } path ? $"the value at '{path}' is missing, doubled, unknown or of another kind" : "it is no valid JSON, or lacks a field";

    private static ReportException Refuse(string place, string what, Exception? inner = null) => new("MG1401", $"'{place}' is no report of ModelGuard: {what}. {WayOut}", inner);

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digest();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, NumberHandling = JsonNumberHandling.Strict, MaxDepth = 32)]
[JsonSerializable(typeof(ReportView))]
internal sealed partial class ReportContext : JsonSerializerContext;
