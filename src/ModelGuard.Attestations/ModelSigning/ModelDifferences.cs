using System.Collections.Immutable;
using ModelGuard.Shared;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>How a model differs from what was signed.</summary>
/// <param name="Changed">Files with another content.</param>
/// <param name="Missing">Files that were signed and are not there.</param>
/// <param name="Unsigned">Files that are there and were not signed.</param>
public sealed record ModelDifferences(ImmutableArray<string> Changed, ImmutableArray<string> Missing, ImmutableArray<string> Unsigned)
{
    /// <summary>Compares by names, byte for byte; the order says nothing.</summary>
    /// <param name="manifest">What was signed.</param>
    /// <param name="files">What is there, without what is left out.</param>
    public static ModelDifferences Between(ModelManifest manifest, IEnumerable<SignedFile> files)
    {
        var actual = files.ToDictionary(f => f.Name, f => f.Sha256, StringComparer.Ordinal);
        var signed = manifest.Files.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        return new ModelDifferences(
            Sorted(manifest.Files.Where(f => actual.TryGetValue(f.Name, out var digest) && !digest.AsSpan().SequenceEqual(f.Sha256.AsSpan())).Select(f => f.Name)),
            Sorted(signed.Where(name => !actual.ContainsKey(name))),
            Sorted(actual.Keys.Where(name => !signed.Contains(name))));
    }

    private static ImmutableArray<string> Sorted(IEnumerable<string> names) => [.. names.Order(RootDigest.NameOrder)];
}
