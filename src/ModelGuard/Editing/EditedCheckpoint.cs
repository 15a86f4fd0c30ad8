using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>An edited checkpoint on the point of being published.</summary>
/// <param name="Path">The folder, under its temporary name.</param>
/// <param name="BaseDigest">Root digest of the base, as it was read.</param>
/// <param name="Digest">Root digest of the copy.</param>
/// <param name="LeftOut">Files of the base that are not in the copy, because they hold unedited weights in another form.</param>
public sealed record EditedFolder(string Path, string BaseDigest, string Digest, ImmutableArray<string> LeftOut);

/// <summary>Writes a copy of a checkpoint with some tensors replaced.</summary>
public static class EditedCheckpoint
{
    /// <summary>
    /// Publishes the edited folder atomically; a single-file checkpoint becomes a folder that holds it. Each file is read once: digests of
    /// base and copy come from the pass that copies.
    /// </summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="edits">The new tensors.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="links">What becomes of links among the base's files; the copy has none.</param>
    /// <param name="finish">Writes what goes beside the model (the report) before it is published; an exception leaves the old state.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="CheckpointException">MG0265 or MG0280 for files that cannot be copied, MG0260 for an output that cannot be replaced.</exception>
    public static void Publish(Checkpoint checkpoint, ImmutableArray<EditedTensor> edits, string output, LinkRule links, Action<EditedFolder> finish, CancellationToken cancellation = default)
    {
        var patches = Patches(checkpoint, edits);
        var files = ModelFiles.Of(checkpoint.Path, links);
        var leftOut = UneditedForms(checkpoint, edits);
        CheckpointPublisher.Publish(output, partial =>
        {
            List<FileDigest> original = [], copied = [];
            foreach (var file in files)
            {
                var target = leftOut.Contains(file.Name) ? null : Path.Combine(partial, file.Name);
                if (target is not null) Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                var digests = HashedCopy.Copy(file.Path, target, patches.TryGetValue(file.Name, out var own) ? own : [], cancellation);
                original.Add(new FileDigest(file.Name, digests.Source));
                if (target is not null) copied.Add(new FileDigest(file.Name, digests.Copy));
            }

            finish(new EditedFolder(partial, Digests.Root(original), Digests.Root(copied), [.. leftOut.Order(StringComparer.Ordinal)]));
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
    private static HashSet<string> UneditedForms(Checkpoint checkpoint, ImmutableArray<EditedTensor> edits) =>
    [
        .. edits.Select(e => e.Component).Distinct(StringComparer.Ordinal).SelectMany(c => checkpoint.Component(c).OtherWeightFiles)
            .Concat(edits.IsEmpty ? [] : checkpoint.RootWeightFiles)
            .Select(f => NameOf(checkpoint.Path, f)),
    ];

    // A single file lies at the checkpoint's own path, or in its folder.
    private static string NameOf(string root, string file) => Path.GetRelativePath(root, file) is var name && name != "." ? name.Replace('\\', '/') : Path.GetFileName(file);
}
