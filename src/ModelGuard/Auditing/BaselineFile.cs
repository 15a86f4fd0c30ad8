using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelGuard.Policies;
using ModelGuard.Shared;

namespace ModelGuard.Auditing;

/// <summary>What an accepted model measured, picture by picture, for later models to be held against.</summary>
/// <param name="Kind"><see cref="KindName"/>.</param>
/// <param name="SchemaVersion">Version of its form.</param>
/// <param name="ToolVersion">Version of the tool that measured.</param>
/// <param name="ScorerDigest">SHA-256 of the scorer's weights.</param>
/// <param name="ModelDigest">Root digest of the model.</param>
/// <param name="Generation">How pictures were made.</param>
/// <param name="Concepts">What was measured.</param>
public sealed record BaselineFile(string Kind, string SchemaVersion, string ToolVersion, string ScorerDigest, string ModelDigest, GenerationSection Generation, ImmutableArray<BaselineConcept> Concepts)
{
    /// <summary>The kind of file.</summary>
    public const string KindName = "modelguard-baseline";

    /// <summary>Version of the form.</summary>
    public const string Version = "1.0";

    /// <summary>The bytes, UTF-8, with a final newline; the same measurements give the same bytes.</summary>
    public byte[] Write() => [.. JsonSerializer.SerializeToUtf8Bytes(this, BaselineJson.Default.BaselineFile), (byte)'\n'];

    /// <summary>A baseline of what was measured.</summary>
    public static BaselineFile Create(string toolVersion, string scorerDigest, string modelDigest, GenerationSection generation, IEnumerable<SubjectMeasurements> measured) =>
        new(KindName, Version, toolVersion, scorerDigest, modelDigest, generation, [.. measured.Select(BaselineConcept.Of)]);

    /// <summary>Reads a baseline; null for bytes that are none, or one of another version.</summary>
    internal static BaselineFile? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            NullItems.Refuse(utf8);
            return JsonSerializer.Deserialize(utf8, BaselineJson.Default.BaselineFile) is { Kind: KindName, SchemaVersion: Version } file ? file : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>SHA-256 of a baseline's bytes, as <c>sha256:</c> and lower-case hex.</summary>
    internal static string DigestOf(ReadOnlySpan<byte> utf8) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(utf8));
}

/// <summary>What was measured on one concept.</summary>
/// <param name="Concept">The concept's id, or the preserved name.</param>
/// <param name="Scope">Whether it is removed, updated or preserved.</param>
/// <param name="Prompts">What pictures were made from, each with all seeds.</param>
/// <param name="Texts">What they were compared with.</param>
/// <param name="Metrics">Metrics that have a value for each picture.</param>
public sealed record BaselineConcept(string Concept, string Scope, ImmutableArray<string> Prompts, ImmutableArray<string> Texts, ImmutableArray<BaselineMetric> Metrics)
{
    /// <summary>The edited model's values; metrics that draw pictures of their own have none that could be paired.</summary>
    public static BaselineConcept Of(SubjectMeasurements measured) => new(
        measured.Subject.Id,
        Word(measured.Subject.Scope),
        measured.Subject.Prompts,
        measured.Subject.Texts,
        [.. measured.Measurements.Where(m => PolicyWords.PictureMetrics.Contains(m.Metric)).Select(m => new BaselineMetric(m.Metric, m.Edited))]);

    /// <summary>Whether this is about a concept of an audit.</summary>
    internal bool IsAbout(AuditSubject subject) => (Concept, Scope) == (subject.Id, Word(subject.Scope));

    private static string Word(GateScope scope) => scope.ToString().ToLowerInvariant();
}

/// <summary>One metric of a concept.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="Values">A value for each picture, in the order of prompts and seeds.</param>
public sealed record BaselineMetric(string Metric, ImmutableArray<double> Values);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(BaselineFile))]
internal sealed partial class BaselineJson : JsonSerializerContext;
