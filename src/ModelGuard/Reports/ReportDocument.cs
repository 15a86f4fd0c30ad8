using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Fingerprints;
using ModelGuard.Shared;

namespace ModelGuard.Reports;

/// <summary>What evidence needs to know of a report that somebody else may have written.</summary>
/// <param name="SchemaVersion">Version of its form.</param>
/// <param name="Tool">The tool that wrote it.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Model">Base and edited model.</param>
/// <param name="Environment">What the numbers depend on besides the inputs.</param>
/// <param name="Edit">How the edit was made; null in the report of an audit.</param>
/// <param name="Audit">What was judged; null in the report of an edit.</param>
/// <param name="Run">What differs from run to run.</param>
public sealed record ReportDocument(string SchemaVersion, ReportTool Tool, PolicyReference Policy, ReportModels Model, JsonElement Environment, ReportEdit? Edit = null, ReportAudit? Audit = null, ReportRun? Run = null)
{
    /// <summary>Reads a report strictly enough that nothing of it can be understood in two ways.</summary>
    /// <param name="utf8">The report's bytes.</param>
    /// <param name="place">Where they come from, for messages.</param>
    /// <exception cref="AttestationException">MG2021: no report, or one of another version.</exception>
    public static ReportDocument Read(ReadOnlySpan<byte> utf8, string place)
    {
        try
        {
            NullItems.Refuse(utf8);
            var document = JsonSerializer.Deserialize(utf8, ReportJsonContext.Default.ReportDocument);
            if (document is not null) ValidTexts.Require(document.Environment);
            if (document?.Model.Serialization is { IsKnown: false } other) throw AttestationException.Refuse("MG2021", $"'{place}' names digests by the method '{other.Method}' with {other.ShardSize} bytes; known is '{ReportSerialization.Shards}' with {ShardSizes.Smallest} and more. Take the report that the tool wrote, or another version of the tool.");
            if (document?.SchemaVersion == EditReport.SchemaVersion && (document.Run is not { } run || RunTimes.ArePossible(run.StartedAt, run.DurationMs))) return document;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair in what is passed on as it is.
            throw AttestationException.Refuse("MG2021", $"'{place}' is no report of ModelGuard: {Where(e as JsonException)}. Take the report that the tool wrote.", e);
        }

        throw AttestationException.Refuse("MG2021", $"'{place}' is no report of version {EditReport.SchemaVersion}. Take the report that the tool wrote, or another version of the tool.");
    }

    private static string Where(JsonException? e) => e?.Path is { Length: > 1 } path ? $"the value at '{path}' is missing, doubled or of another kind" : "it is no valid JSON, or lacks a field";
}

/// <summary>The tool that wrote a report.</summary>
/// <param name="Name">Name.</param>
/// <param name="Version">Version.</param>
public sealed record ReportTool(string Name, string Version);

/// <summary>The models of a report.</summary>
/// <param name="Base">The base.</param>
/// <param name="Output">The model that the report is about.</param>
/// <param name="SettingsDigest">Root digest of what a single-file base takes from elsewhere; null for a folder.</param>
/// <param name="Serialization">What the root digests are over; null for whole files.</param>
public sealed record ReportModels(ModelReference Base, ModelReference Output, string? SettingsDigest = null, ReportSerialization? Serialization = null)
{
    /// <summary>Bytes of the shards that the root digests are over; null for whole files.</summary>
    [JsonIgnore]
    public long? ShardSize => Serialization?.ShardSize;
}

/// <summary>What root digests are over, where it is not whole files (OpenSSF model signing v1.0 §6.3).</summary>
/// <param name="Method">The method.</param>
/// <param name="ShardSize">Bytes of a shard.</param>
public sealed record ReportSerialization(string Method, long ShardSize)
{
    /// <summary>The only other method.</summary>
    public const string Shards = ShardName.Method;

    /// <summary>Whether it is a method and a size that are computed here.</summary>
    [JsonIgnore]
    public bool IsKnown => Method == Shards && ShardSize >= ShardSizes.Smallest;
}

/// <summary>How the edit of a report was made.</summary>
/// <param name="Method">The method.</param>
/// <param name="Fingerprint">By which the edited text encoders are known; null where none was edited, and in reports of earlier versions.</param>
public sealed record ReportEdit(string Method, ModelFingerprint? Fingerprint = null)
{
    /// <summary>The method by which the cross-attention was edited besides; null where it was not.</summary>
    public string? CrossAttention { get; init; }

    /// <summary>The methods, in a row.</summary>
    [JsonIgnore]
    public string Methods => CrossAttention is null ? Method : $"{Method} and {CrossAttention}";

    /// <summary>The edited tensors.</summary>
    public ImmutableArray<ReportTensor> Tensors { get => field.IsDefault ? [] : field; init; }

    /// <summary>The edited tensors, as <c>component/key</c>.</summary>
    [JsonIgnore]
    public IEnumerable<string> TensorNames => Tensors.Select(t => $"{t.Component}/{t.Tensor}");
}

/// <summary>An edited tensor.</summary>
/// <param name="Component">Its component.</param>
/// <param name="Tensor">Its key.</param>
public sealed record ReportTensor(string Component, string Tensor);

/// <summary>What an audit judged.</summary>
/// <param name="Verdict">The run's verdict.</param>
/// <param name="FailOn">The lowest severity whose failures fail the run.</param>
/// <param name="Gates">A verdict for each gate and concept.</param>
/// <param name="Waivers">Failures that somebody accepted.</param>
/// <param name="Summary">How many gates have which verdict.</param>
public sealed record ReportAudit(string Verdict, string FailOn, ImmutableArray<ReportGate> Gates, ImmutableArray<ReportWaiver> Waivers, ImmutableDictionary<string, int> Summary);

/// <summary>One gate on one concept.</summary>
/// <param name="Gate">The gate's id.</param>
/// <param name="Concept">The concept.</param>
/// <param name="Severity">How much the concept matters.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Limit">Which kind of limit.</param>
/// <param name="LimitValue">The limit.</param>
/// <param name="Low">Lower end of the interval; null when nothing was measured.</param>
/// <param name="High">Upper end.</param>
public sealed record ReportGate(string Gate, string Concept, string Severity, string Verdict, string Limit, double LimitValue, double? Low, double? High);

/// <summary>A waiver of a report.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Concept">The concept.</param>
public sealed record ReportWaiver(string Gate, string Concept);

/// <summary>What differs from run to run.</summary>
/// <param name="StartedAt">Start, UTC.</param>
/// <param name="DurationMs">Milliseconds.</param>
public sealed record ReportRun(DateTimeOffset StartedAt, double DurationMs);

/// <summary>A report's bytes with what they say.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Bytes">The bytes.</param>
/// <param name="Document">What they say.</param>
public sealed record ReportFile(string Name, ReadOnlyMemory<byte> Bytes, ReportDocument Document)
{
    /// <summary>SHA-256 of the bytes, as lower-case hex.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Bytes.Span));

    /// <summary>The same report about a model of another digest, all other bytes as they are.</summary>
    public byte[] WithModelDigest(string digest)
    {
        var text = Encoding.UTF8.GetString(Bytes.Span);
        // The first digest behind that key is its own: a name, which stands before it, holds no quoted key.
        var start = text.IndexOf($"\"{Document.Model.Output.Digest}\"", text.IndexOf("\"output\"", StringComparison.Ordinal), StringComparison.Ordinal) + 1;
        return Encoding.UTF8.GetBytes($"{text[..start]}{digest}{text[(start + Document.Model.Output.Digest.Length)..]}");
    }

    /// <summary>Reads a report.</summary>
    /// <exception cref="AttestationException">MG2021 as <see cref="ReportDocument.Read"/>.</exception>
    public static ReportFile Read(string name, ReadOnlyMemory<byte> bytes) => new(name, bytes, ReportDocument.Read(bytes.Span, name));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportJsonContext : JsonSerializerContext;
