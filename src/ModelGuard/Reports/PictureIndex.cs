using System.Collections.Immutable;

namespace ModelGuard.Reports;

/// <summary>The list of an audit's pictures, each with its digest; the report names the list by its own.</summary>
public static class PictureIndex
{
    /// <summary>Version of the JSON form.</summary>
    public const string SchemaVersion = "1.0";

    /// <summary>Name of the file beside the pictures.</summary>
    public const string FileName = "modelguard-pictures.json";

    /// <summary>The list's bytes, UTF-8, with a final newline.</summary>
    public static byte[] Write(ImmutableArray<IndexedPicture> pictures) => ReportJson.Document(json =>
    {
        json.WriteString("schemaVersion", SchemaVersion);
        json.WriteStartArray("pictures");
        foreach (var picture in pictures)
        {
            json.WriteStartObject();
            json.WriteString("concept", picture.Concept);
            json.WriteString("prompt", picture.Prompt);
            json.WriteNumber("seed", picture.Seed);
            json.WriteString("model", picture.IsBase ? "base" : "output");
            json.WriteString("file", picture.File);
            json.WriteString("digest", picture.Digest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}

/// <summary>A picture that was kept.</summary>
/// <param name="Concept">The concept's id, or the preserved name.</param>
/// <param name="Prompt">What it was made from.</param>
/// <param name="Seed">The seed.</param>
/// <param name="IsBase">Whether the base made it.</param>
/// <param name="File">Its file's name.</param>
/// <param name="Digest"><c>sha256:</c> and the digest of its bytes.</param>
public sealed record IndexedPicture(string Concept, string Prompt, long Seed, bool IsBase, string File, string Digest);
