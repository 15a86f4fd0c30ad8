using ModelGuard.Shared;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>Holds a list of shards to what the specification says of it (OpenSSF model signing v1.0 §6.3.2): every byte of a file lies in exactly one.</summary>
internal static class ShardCoverage
{
    /// <summary>Refuses other lists. Their order is free, as that of files is.</summary>
    /// <param name="names">The shards' names, each once.</param>
    /// <param name="shardSize">Bytes of each shard but the last of a file.</param>
    /// <exception cref="JsonShapeException">A name is no shard of a path within a model, or shards overlap, leave a gap, or are of another size.</exception>
    public static void Require(IEnumerable<string> names, long shardSize)
    {
        foreach (var file in names.Select(Parse).GroupBy(s => s.Path, StringComparer.Ordinal))
        {
            var (covered, isComplete) = (0L, false);
            foreach (var shard in file.OrderBy(s => s.Start))
            {
                if (shard.Start != covered) throw new JsonShapeException(FormattableString.Invariant($"the shard '{shard}' does not begin where the one before it ends, at {covered}"));
                if (isComplete) throw new JsonShapeException(FormattableString.Invariant($"the shard '{shard}' follows one with less than the {shardSize} bytes of 'predicate.serialization.shard_size'"));
                // A difference of two offsets cannot overflow; a sum could.
                if (shard.End <= shard.Start || shard.End - shard.Start > shardSize) throw new JsonShapeException(FormattableString.Invariant($"the shard '{shard}' has no bytes, or more than the {shardSize} of 'predicate.serialization.shard_size'"));
                (covered, isComplete) = (shard.End, shard.End - shard.Start < shardSize);
            }
        }
    }

    private static ShardName Parse(string name) => ShardName.Parse(name) is { } shard && ModelManifest.MayList(shard.Path) ? shard : throw new JsonShapeException($"'{name}' is no shard 'path:start:end' of a path within a model");
}
