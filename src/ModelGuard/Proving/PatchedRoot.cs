using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;

namespace ModelGuard.Proving;

/// <summary>The root digest that an edited checkpoint has, without one.</summary>
public static class PatchedRoot
{
    /// <summary>Digest and files that are left out. Files, or shards, with edited tensors are read once more; of the others the digests do.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="original">Its files.</param>
    /// <param name="edits">The edited tensors.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    public static (string Root, ImmutableArray<string> LeftOut) Of(Checkpoint checkpoint, DigestedModel original, ImmutableArray<EditedTensor> edits, CancellationToken cancellation = default)
    {
        var leftOut = PatchedCheckpoint.LeftOut(checkpoint, edits.Select(e => e.Component));
        var patches = PatchedCheckpoint.Patches(checkpoint, edits.Select(e => new TensorReplacement(e.Component, e.Name, e.Bytes.AsMemory())));
        var root = Digests.Root(original.Files.Zip(original.Digests).Where(f => !leftOut.Contains(f.First.Name))
            .Select(f => patches.TryGetValue(f.First.Name, out var own) ? HashedCopy.DigestOfCopy(f.First, f.Second, original.ShardSize, own, cancellation) : f.Second));
        return (root, [.. leftOut.Where(n => original.Digests.Any(f => f.Name == n)).Order(StringComparer.Ordinal)]);
    }
}
