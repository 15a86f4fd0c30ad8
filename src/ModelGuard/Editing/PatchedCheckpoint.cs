using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>New bytes for one tensor of a network.</summary>
/// <param name="Component">The component, for example <c>text_encoder</c>.</param>
/// <param name="Name">The tensor's key.</param>
/// <param name="Bytes">Its new elements, in the type and order in which the checkpoint stores them.</param>
public sealed record TensorReplacement(string Component, string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>A copy of a checkpoint on the point of being published.</summary>
/// <param name="Path">The folder, under its temporary name.</param>
/// <param name="Originals">All files of the source, as they were read.</param>
/// <param name="Copies">All files of the copy.</param>
/// <param name="LeftOut">Names of files of the source that are not in the copy, in their order.</param>
internal sealed record PatchedFolder(string Path, ImmutableArray<FileDigest> Originals, ImmutableArray<FileDigest> Copies, ImmutableArray<string> LeftOut);

/// <summary>Whether a copy leaves out files that hold weights of patched networks in another form.</summary>
internal enum OtherForms
{
    /// <summary>They are left out: a pickle or a variant beside edited weights would bring the concept back for whoever loads that one.</summary>
    LeaveOut,

    /// <summary>They are copied.</summary>
    Keep,
}

/// <summary>Writes a copy of a checkpoint with some tensors replaced, whatever they are replaced with.</summary>
internal static class PatchedCheckpoint
{
    /// <summary>Publishes the copy atomically; a single-file checkpoint becomes a folder that holds it. Each file is read once, or comes from the cache of digests.</summary>
    /// <param name="checkpoint">The source.</param>
    /// <param name="others">What becomes of other forms of the text encoders' weights, and of those of every other network that is patched.</param>
    /// <param name="solve">Gives the new tensors; files that are known are copied meanwhile.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="options">How.</param>
    /// <param name="finish">Looks at the copy before it is published; an exception leaves the old state.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="CheckpointException">MG0265 or MG0280 for files that cannot be copied, MG0260 for an output that cannot be replaced.</exception>
    public static void Publish(Checkpoint checkpoint, OtherForms others, Func<ImmutableArray<TensorReplacement>> solve, string output, PublishOptions options, Action<PatchedFolder> finish, CancellationToken cancellation)
    {
        var files = ModelFiles.Of(checkpoint.Path, options.Links);
        var leftOut = others == OtherForms.Keep ? [] : LeftOut(checkpoint, []);
        CheckpointPublisher.Publish(output, partial =>
        {
            using var copy = new PatchedCopy(files, partial, f => leftOut.Contains(f.Name), options.Cache, options.ShardSize);
            var replacements = solve();
            var (originals, copies) = copy.Complete(Patches(checkpoint, replacements), options.Progress, cancellation);
            if (others == OtherForms.LeaveOut)
            {
                // Which other networks are patched is only known now.
                string[] late = [.. LeftOut(checkpoint, replacements.Select(r => r.Component)).Where(leftOut.Add)];
                foreach (var name in late) File.Delete(Path.Combine(partial, name));
                copies = copies.RemoveAll(c => late.Contains(c.Name, StringComparer.Ordinal));
            }

            finish(new PatchedFolder(partial, originals, copies, [.. leftOut.Order(StringComparer.Ordinal)]));
        });
    }

    /// <summary>Names of a model's files that an edit of some components leaves out: other forms of their weights and of those of all text encoders, and weights of the whole model beside the components.</summary>
    public static HashSet<string> LeftOut(Checkpoint checkpoint, IEnumerable<string> components) => checkpoint.TextEncoders.Select(e => e.Component).Union(components, StringComparer.Ordinal)
        .SelectMany(c => checkpoint.Component(c).OtherWeightFiles).Concat(checkpoint.RootWeightFiles).Select(f => NameOf(checkpoint.Path, f)).ToHashSet(StringComparer.Ordinal);

    /// <summary>Which bytes of which of the model's files change.</summary>
    public static Dictionary<string, FilePatch[]> Patches(Checkpoint checkpoint, IEnumerable<TensorReplacement> replacements)
    {
        var result = new List<(string File, FilePatch Patch)>();
        foreach (var component in replacements.GroupBy(e => e.Component, StringComparer.Ordinal))
        {
            using var weights = checkpoint.Component(component.Key).OpenWeights();
            foreach (var edit in component)
            {
                var tensor = weights.Get(edit.Name);
                if (tensor.ByteLength != edit.Bytes.Length) throw new CheckpointException("MG0211", FormattableString.Invariant($"The tensor '{tensor.Name}' of '{tensor.File.Path}' has {tensor.ByteLength} bytes; its replacement has {edit.Bytes.Length}. This is a defect of the tool; please report it."), tensor.File.Path);
                result.Add((NameOf(checkpoint.Path, tensor.File.Path), new FilePatch(tensor.Offset, edit.Bytes)));
            }
        }

        return result.GroupBy(p => p.File, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(p => p.Patch).ToArray(), StringComparer.Ordinal);
    }

    // A single file lies at the checkpoint's own path, or in its folder.
    private static string NameOf(string root, string file) => Path.GetRelativePath(root, file) is var name && name != "." ? name.Replace('\\', '/') : Path.GetFileName(file);
}
