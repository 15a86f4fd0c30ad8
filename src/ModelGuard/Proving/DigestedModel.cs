using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Proving;

/// <summary>A model's files with their digests, as they were read for this proof.</summary>
/// <param name="Path">The folder, or the single file.</param>
/// <param name="Files">All files that belong to the model.</param>
/// <param name="Digests">Their digests, in the same order.</param>
public sealed record DigestedModel(string Path, ImmutableArray<ModelFile> Files, ImmutableArray<FileDigest> Digests)
{
    /// <summary>Bytes of the shards that are digested; null for files as a whole.</summary>
    public long? ShardSize { get; init; }

    /// <summary>The root digest.</summary>
    public string Root => Checkpoints.Digests.Root(Digests);
}
