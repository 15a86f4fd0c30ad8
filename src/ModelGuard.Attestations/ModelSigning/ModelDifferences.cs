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
    /// <param name="files">What is there, without what is left out, digested in the manifest's way. Of an empty file there are no shards, so that a manifest of shards says nothing of it.</param>
    public static ModelDifferences Between(ModelManifest manifest, IEnumerable<SignedFile> files)
    {
        var actual = files.ToDictionary(f => f.Name, StringComparer.Ordinal);
        var signed = manifest.Files();
        var names = signed.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        return new ModelDifferences(
            Sorted(signed.Where(f => actual.TryGetValue(f.Name, out var own) && !AreSame(f.Resources, own.Resources)).Select(f => f.Name)),
            Sorted(names.Where(name => !actual.ContainsKey(name))),
            Sorted(actual.Values.Where(f => !f.Resources.IsEmpty && !names.Contains(f.Name)).Select(f => f.Name)));
    }

    private static bool AreSame(ImmutableArray<SignedResource> signed, ImmutableArray<SignedResource> actual)
    {
        var digests = actual.ToDictionary(r => r.Name, r => r.Sha256, StringComparer.Ordinal);
        return signed.Length == digests.Count && signed.All(r => digests.TryGetValue(r.Name, out var digest) && digest.AsSpan().SequenceEqual(r.Sha256.AsSpan()));
    }

    private static ImmutableArray<string> Sorted(IEnumerable<string> names) => [.. names.Order(RootDigest.NameOrder)];
}
