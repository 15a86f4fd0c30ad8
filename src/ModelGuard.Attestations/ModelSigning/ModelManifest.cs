using System.Collections.Immutable;
using ModelGuard.Shared;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>A file that a model signature covers.</summary>
/// <param name="Name">Path relative to the model, with forward slashes.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record SignedFile(string Name, ImmutableArray<byte> Sha256);

/// <summary>What a model signature says (OpenSSF model signing v1.0 §6), by the file method with SHA-256.</summary>
/// <param name="ModelName">Name of the model's folder; it only informs.</param>
/// <param name="Files">All files, in the order of the root digest.</param>
/// <param name="IgnoredPaths">Paths that the signer left out, with all that is in them.</param>
public sealed record ModelManifest(string ModelName, ImmutableArray<SignedFile> Files, ImmutableArray<string> IgnoredPaths)
{
    /// <summary>The root digest, as lower-case hex.</summary>
    public string Root => Convert.ToHexStringLower(RootDigest.Of(Files.Select(f => f.Sha256)));

    /// <summary>A manifest with files and paths in the order of the specification: by code points.</summary>
    public static ModelManifest Create(string modelName, IEnumerable<SignedFile> files, IEnumerable<string> ignoredPaths) => new(
        modelName,
        [.. files.OrderBy(f => f.Name, RootDigest.NameOrder)],
        [.. ignoredPaths.Distinct(StringComparer.Ordinal).Order(RootDigest.NameOrder)]);
}
