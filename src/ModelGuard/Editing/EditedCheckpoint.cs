using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>An edited checkpoint on the point of being published.</summary>
/// <param name="Path">The folder, under its temporary name.</param>
/// <param name="Edits">The new tensors.</param>
/// <param name="BaseDigest">Root digest of the base, as it was read.</param>
/// <param name="Digest">Root digest of the copy.</param>
/// <param name="LeftOut">Files of the base that are not in the copy, because they hold unedited weights in another form.</param>
public sealed record EditedFolder(string Path, ImmutableArray<EditedTensor> Edits, string BaseDigest, string Digest, ImmutableArray<string> LeftOut);

/// <summary>How an edited checkpoint is published.</summary>
/// <param name="Links">What becomes of links among the base's files; the copy has none.</param>
/// <param name="Cache">Digests of the base that are known.</param>
public sealed record PublishOptions(LinkRule Links, DigestCache Cache)
{
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
    /// <param name="solve">Computes the new tensors of its text encoders; files that are known are copied meanwhile.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="options">How.</param>
    /// <param name="finish">Writes what goes beside the model (the report) before it is published; an exception leaves the old state.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="CheckpointException">MG0265 or MG0280 for files that cannot be copied, MG0260 for an output that cannot be replaced.</exception>
    public static void Publish(Checkpoint checkpoint, Func<ImmutableArray<EditedTensor>> solve, string output, PublishOptions options, Action<EditedFolder> finish, CancellationToken cancellation = default)
    {
        var files = ModelFiles.Of(checkpoint.Path, options.Links);
        var leftOut = UneditedForms(checkpoint);
        CheckpointPublisher.Publish(output, partial =>
        {
            using var copy = new PatchedCopy(files, partial, f => leftOut.Contains(f.Name), options.Cache);
            var edits = solve();
            var (originals, copies) = copy.Complete(Patches(checkpoint, edits), options.Progress, cancellation);
            finish(new EditedFolder(partial, edits, Digests.Root(originals), Digests.Root(copies), [.. leftOut.Order(StringComparer.Ordinal)]));
        });
    }

    /// <summary>Which bytes of which of the model's files change.</summary>
    private static Dictionary<string, FilePatch[]> Patches(Checkpoint checkpoint, ImmutableArray<EditedTensor> edits)
    {
        var result = new List<(string File, FilePatch Patch)>();
        foreach (var component in edits.GroupBy(e => e.Component, StringComparer.Ordinal))
        {
            using var weights = checkpoint.Component(component.Key).OpenWeights();
            foreach (var edit in component)
            {
                var tensor = weights.Get(edit.Name);
                if (tensor.ByteLength != edit.Bytes.Length) throw new CheckpointException("MG0211", FormattableString.Invariant($"The tensor '{tensor.Name}' of '{tensor.File.Path}' has {tensor.ByteLength} bytes; its replacement has {edit.Bytes.Length}. This is a defect of the tool; please report it."), tensor.File.Path);
                result.Add((NameOf(checkpoint.Path, tensor.File.Path), new FilePatch(tensor.Offset, edit.Bytes.ToArray())));
            }
        }

        return result.GroupBy(p => p.File, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(p => p.Patch).ToArray(), StringComparer.Ordinal);
    }

    // A pickle or a variant beside the edited weights would bring the concept back for whoever loads that one.
    private static HashSet<string> UneditedForms(Checkpoint checkpoint) => checkpoint.TextEncoders.SelectMany(e => checkpoint.Component(e.Component).OtherWeightFiles)
        .Concat(checkpoint.RootWeightFiles)
        .Select(f => NameOf(checkpoint.Path, f))
        .ToHashSet(StringComparer.Ordinal);

    // A single file lies at the checkpoint's own path, or in its folder.
    private static string NameOf(string root, string file) => Path.GetRelativePath(root, file) is var name && name != "." ? name.Replace('\\', '/') : Path.GetFileName(file);
}
