using System.Collections.Immutable;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>Which paths of a model a signature leaves out (OpenSSF model signing v1.0 §6.2): exact relative paths with all below them, no patterns.</summary>
/// <param name="Paths">The paths.</param>
public sealed record IgnoredPaths(ImmutableArray<string> Paths)
{
    /// <summary>The name of the signature beside a model.</summary>
    public const string SignatureName = "model.sig";

    /// <summary>What version control keeps at a model's root; left out by default.</summary>
    public static ImmutableArray<string> VersionControl { get; } = [".git", ".gitattributes", ".github", ".gitignore"];

    /// <summary>
    /// What a verifier leaves out: the default, what the signature records, and the signature itself. A recorded path that leads out of the
    /// model, as some tools write, names nothing in it and is passed over.
    /// </summary>
    public static IgnoredPaths OfVerifier(ModelManifest manifest, IEnumerable<string> own) => new([.. VersionControl.Concat(manifest.IgnoredPaths).Concat(own).Where(IsInside).Distinct(StringComparer.Ordinal)]);

    /// <summary>Whether a path, or a folder that it lies in, is left out.</summary>
    public bool Covers(string name) => Paths.Any(p => name.StartsWith(p, StringComparison.Ordinal) && (name.Length == p.Length || name[p.Length] == '/'));

    /// <summary>Whether a path names something in a model: relative, with forward slashes, without <c>.</c> and <c>..</c>.</summary>
    public static bool IsInside(string path) => path.Length > 0 && !path.Contains('\\', StringComparison.Ordinal) && path.Split('/').All(part => part is not ("" or "." or ".."));
}
