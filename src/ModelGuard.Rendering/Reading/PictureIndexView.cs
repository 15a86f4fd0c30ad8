using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelGuard.Shared;

namespace ModelGuard.Rendering.Reading;

/// <summary>The list of an audit's pictures (<c>modelguard-pictures.json</c>).</summary>
/// <param name="SchemaVersion">Version of its form.</param>
/// <param name="Pictures">The pictures.</param>
public sealed record PictureIndexView(string SchemaVersion, ImmutableArray<PictureView> Pictures)
{
    private const int LongestIndex = 32 << 20;

    /// <summary>Reads the list that a report names: another one may be of another audit.</summary>
    /// <param name="utf8">The list's bytes.</param>
    /// <param name="report">The report.</param>
    /// <param name="place">Where the bytes come from, for messages.</param>
    /// <exception cref="ReportException">MG1402: too large; MG1405: no such list, or not the one that the report names.</exception>
    public static PictureIndexView Read(ReadOnlySpan<byte> utf8, ReportView report, string place)
    {
        if (utf8.Length > LongestIndex) throw new ReportException("MG1402", FormattableString.Invariant($"'{place}' is {utf8.Length} bytes long; a list of pictures of at most {LongestIndex} is read. Audit fewer concepts at once."));
        if (report.Audit?.Pictures is not { } named) throw new ReportException("MG1405", $"The report names no pictures, so those of '{place}' may be of another audit. Audit with '--pictures', and render that report.");
        if (named.Digest != DigestOf(utf8)) throw new ReportException("MG1405", $"'{place}' is not the list of pictures that the report names: its digest is {DigestOf(utf8)}, not {named.Digest}. Take the pictures of the same audit.");
        try
        {
            NullItems.Refuse(utf8);
            var index = JsonSerializer.Deserialize(utf8, PictureIndexContext.Default.PictureIndexView);
            if (index?.SchemaVersion == "1.0" && index.Pictures.All(p => IsPlain(p.File))) return index;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ReportException("MG1405", $"'{place}' is no list of pictures. Take the folder that 'modelguard audit --pictures' wrote.", e);
        }

        throw new ReportException("MG1405", $"'{place}' is a list of pictures of another version, or names files elsewhere. Take the folder that 'modelguard audit --pictures' wrote.");
    }

    /// <summary><c>sha256:</c> and the digest of some bytes.</summary>
    public static string DigestOf(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    // The list may name only what lies beside it.
    private static bool IsPlain(string name) => name.Length is > 0 and < 200 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

/// <summary>A picture of an audit.</summary>
/// <param name="Concept">The concept's id, or the preserved name.</param>
/// <param name="Prompt">What it was made from.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Model">Who made it.</param>
/// <param name="File">Its file's name.</param>
/// <param name="Digest">Its digest.</param>
public sealed record PictureView(string Concept, string Prompt, long Seed, ModelWord Model, string File, string Digest);

/// <summary>One of the two models.</summary>
[JsonConverter(typeof(WordConverter<ModelWord>))]
public enum ModelWord
{
    /// <summary>The base.</summary>
    Base,

    /// <summary>The model that the report is about.</summary>
    Output,
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, NumberHandling = JsonNumberHandling.Strict, MaxDepth = 8)]
[JsonSerializable(typeof(PictureIndexView))]
internal sealed partial class PictureIndexContext : JsonSerializerContext;
