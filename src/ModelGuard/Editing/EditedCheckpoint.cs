using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>An edited checkpoint on the point of being published.</summary>
/// <param name="Path">The folder, under its temporary name.</param>
/// <param name="Edits">The new tensors.</param>
/// <param name="BaseDigest">Root digest of the base, as it was read.</param>
/// <param name="Digest">Root digest of the copy.</param>
/// <param name="LeftOut">Files of the base that are not in the copy, because they hold unedited weights in another form.</param>
public sealed record EditedFolder(string Path, ImmutableArray<EditedTensor> Edits, string BaseDigest, string Digest, ImmutableArray<string> LeftOut)
{
    /// <summary>Root digest of the base's files without those that are left out.</summary>
    public required string KeptDigest { get; init; }

    /// <summary>Bytes of the shards that these digests are over; null where they are over whole files.</summary>
    public long? ShardSize { get; init; }
}

/// <summary>How an edited checkpoint is published.</summary>
/// <param name="Links">What becomes of links among the base's files; the copy has none.</param>
/// <param name="Cache">Digests of the base that are known.</param>
public sealed record PublishOptions(LinkRule Links, DigestCache Cache)
{
    /// <summary>Bytes of the shards that are digested; null to digest files as a whole.</summary>
    public long? ShardSize { get; init; }

    /// <summary>Told how far the copy is.</summary>
    public IProgress<CopyProgress>? Progress { get; init; }
}

/// <summary>Writes a copy of a checkpoint with some tensors replaced.</summary>
public static class EditedCheckpoint
{
    /// <summary>
    /// Publishes the edited folder atomically; a single-file checkpoint becomes a folder that holds it. Each file is read once: digests of
    /// base and copy come from the pass that copies, or from the cache.
    /// </summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="solve">Computes the new tensors; files that are known are copied meanwhile.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="options">How.</param>
    /// <param name="finish">Writes what goes beside the model (the report) before it is published; an exception leaves the old state.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="CheckpointException">MG0265 or MG0280 for files that cannot be copied, MG0260 for an output that cannot be replaced.</exception>
    public static void Publish(Checkpoint checkpoint, Func<ImmutableArray<EditedTensor>> solve, string output, PublishOptions options, Action<EditedFolder> finish, CancellationToken cancellation = default)
    {
        ImmutableArray<EditedTensor> edits = [];
        PatchedCheckpoint.Publish(checkpoint, OtherForms.LeaveOut, Replacements, output, options, Finish, cancellation);

        ImmutableArray<TensorReplacement> Replacements()
        {
            edits = solve();
            return [.. edits.Select(e => new TensorReplacement(e.Component, e.Name, e.Bytes.AsMemory()))];
        }

        void Finish(PatchedFolder copy) => finish(new EditedFolder(copy.Path, edits, Digests.Root(copy.Originals), Digests.Root(copy.Copies), copy.LeftOut)
        {
            KeptDigest = Digests.Root(copy.Originals.Where(f => !copy.LeftOut.Contains(f.Name, StringComparer.Ordinal))),
            ShardSize = options.ShardSize,
        });
    }
}
