using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelGuard.Auditing;
using ModelGuard.Shared;

namespace ModelGuard.Reports;

/// <summary>What one shard of an audit measured, not judged yet: <c>merge</c> judges all shards together.</summary>
/// <param name="Kind"><see cref="KindName"/>, by which a reader tells it from a report.</param>
/// <param name="SchemaVersion">Version of its form.</param>
/// <param name="Origin">What the measurements come from.</param>
/// <param name="Shard">Which part this is.</param>
/// <param name="Results">The results of its units.</param>
/// <param name="Run">What differs from run to run.</param>
public sealed record ShardReport(string Kind, string SchemaVersion, AuditOrigin Origin, Shard Shard, ImmutableArray<UnitResult> Results, ReportRun? Run = null)
{
    /// <summary>The kind of file.</summary>
    public const string KindName = "modelguard-audit-shard";

    /// <summary>Version of the form.</summary>
    public const string Version = "1.0";

    /// <summary>A shard's report.</summary>
    public static ShardReport Create(AuditOrigin origin, Shard shard, ImmutableArray<UnitResult> results, ReportRun run) => new(KindName, Version, origin, shard, results, run);

    /// <summary>The report's bytes, UTF-8, with a final newline.</summary>
    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ShardJson.Default.ShardReport), (byte)'\n'];

    /// <summary>Reads a shard's report.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <param name="place">Where they come from, for messages.</param>
    /// <exception cref="AuditException">MG1203: they are none.</exception>
    public static ShardReport Read(ReadOnlySpan<byte> utf8, string place)
    {
        try
        {
            NullItems.Refuse(utf8);
            if (JsonSerializer.Deserialize(utf8, ShardJson.Default.ShardReport) is { Kind: KindName, SchemaVersion: Version, Shard.IsValid: true, Origin.PicturesPerBatch: > 0 } report) return report;
        }
        catch (JsonException e)
        {
            throw Refuse(e.Path is { Length: > 1 } path ? $"the value at '{path}' is missing, unknown, doubled or of another kind" : "it is no valid JSON, or lacks a field");
        }

        throw Refuse($"its kind, version, shard or one of its results is not that of a report that 'audit --shard' of this version ({Version}) writes");

        AuditException Refuse(string why) => new("MG1203", $"'{place}' is no report of a shard: {why}. Name the files that 'audit --shard' wrote.");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ShardReport))]
internal sealed partial class ShardJson : JsonSerializerContext;
