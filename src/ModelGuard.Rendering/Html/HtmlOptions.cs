using System.Collections.Immutable;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>What an HTML report shows besides the report itself.</summary>
/// <param name="Today">The day in UTC, against which waivers are held.</param>
/// <param name="ReportDigest"><c>sha256:</c> and the digest of the report's bytes.</param>
public sealed record HtmlOptions(DateOnly Today, string ReportDigest)
{
    /// <summary>Pictures of the audit, already as small as they are to be shown.</summary>
    public ImmutableArray<EmbeddedPicture> Pictures { get => field.IsDefault ? [] : field; init; }

    /// <summary>Where the base keeps its concepts; null where that was not traced.</summary>
    public TraceView? Trace { get; init; }

    /// <summary>Files beside the report that speak about the model, by name and digest.</summary>
    public ImmutableArray<NamedDigest> Files { get => field.IsDefault ? [] : field; init; }
}

/// <summary>A picture that becomes a part of the page.</summary>
/// <param name="Concept">The concept's id.</param>
/// <param name="Prompt">What it was made from.</param>
/// <param name="Seed">The seed.</param>
/// <param name="IsBase">Whether the base made it.</param>
/// <param name="Format">What its bytes are.</param>
/// <param name="Bytes">The picture's file.</param>
public sealed record EmbeddedPicture(string Concept, string Prompt, long Seed, bool IsBase, PictureFormat Format, ReadOnlyMemory<byte> Bytes);

/// <summary>Formats that browsers show.</summary>
public enum PictureFormat
{
    /// <summary>PNG.</summary>
    Png,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>WebP.</summary>
    Webp,
}
