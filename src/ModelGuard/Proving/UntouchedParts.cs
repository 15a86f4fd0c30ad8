using System.Collections.Immutable;
using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;

namespace ModelGuard.Proving;

/// <summary>What an edited checkpoint has unchanged from its base.</summary>
/// <param name="Files">Files that are the base's, byte for byte.</param>
/// <param name="Tensors">Tensors of the other files that are the base's.</param>
/// <param name="LeftOut">Files of the base that hold unedited weights in another form and are not there.</param>
/// <param name="Restated">Files that are not the base's and are what can be made of them again, such as a model card.</param>
public sealed record UntouchedProof(int Files, int Tensors, ImmutableArray<string> LeftOut, ImmutableArray<string> Restated);

/// <summary>
/// Proves that an edited checkpoint is its base but for some tensors. Files without edited tensors are compared by their digests; the others
/// by all their bytes outside these tensors, header included.
/// </summary>
public static class UntouchedParts
{
    private const string WayOut = "Do not use the model: fetch it again from its source, or edit the base again.";

    /// <summary>Compares the two.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="original">Its files.</param>
    /// <param name="edited">Files of the edited one.</param>
    /// <param name="edits">The edited tensors; only their names and sizes count.</param>
    /// <param name="restated">Files that are made again, in place of the base's.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="AttestationException">MG2024: a file or tensor besides these differs, is missing, or was added.</exception>
    public static UntouchedProof Require(Checkpoint checkpoint, DigestedModel original, DigestedModel edited, ImmutableArray<EditedTensor> edits, ImmutableArray<FileDigest> restated, CancellationToken cancellation = default)
    {
        var leftOut = PatchedCheckpoint.LeftOut(checkpoint, edits.Select(e => e.Component));
        var patches = PatchedCheckpoint.Patches(checkpoint, edits.Select(e => new TensorReplacement(e.Component, e.Name, e.Bytes.AsMemory())));
        var kept = original.Digests.Where(f => !leftOut.Contains(f.Name)).ToDictionary(f => f.Name, StringComparer.Ordinal);
        foreach (var file in restated) kept[file.Name] = file;
        var there = edited.Digests.ToDictionary(f => f.Name, StringComparer.Ordinal);
        foreach (var name in there.Keys.Where(n => !kept.ContainsKey(n)))
        {
            throw Refuse(leftOut.Contains(name) ? $"'{name}' lies in '{edited.Path}': it holds the base's unedited weights in another form, and an edit leaves it out" : $"'{name}' lies in '{edited.Path}' and not in the base: it was added");
        }

        foreach (var name in kept.Keys.Where(n => !there.ContainsKey(n))) throw Refuse($"'{name}' of the base is missing in '{edited.Path}'");
        var tensors = 0;
        foreach (var (name, digest) in kept)
        {
            if (patches.TryGetValue(name, out var own)) tensors += RequireSame(PathOf(original, name), PathOf(edited, name), name, own, cancellation);
            else if (!digest.HasContentOf(there[name])) throw Refuse($"'{name}' in '{edited.Path}' has another content than in the base, and the edit does not touch it");
        }

        return new UntouchedProof(kept.Count - patches.Count - restated.Length, tensors, [.. leftOut.Where(n => original.Digests.Any(f => f.Name == n)).Order(StringComparer.Ordinal)], [.. restated.Select(f => f.Name)]);
    }

    private static int RequireSame(string original, string edited, string name, FilePatch[] patches, CancellationToken cancellation)
    {
        using var file = SafetensorsFile.Open(original);
        if (FileRanges.FirstDifference(original, edited, patches, cancellation) is not { } place) return file.Tensors.Count(t => !Array.Exists(patches, p => p.Offset < t.Offset + t.ByteLength && t.Offset < p.Offset + p.Bytes.Length));
        var changed = file.Tensors.FirstOrDefault(t => t.Offset <= place && place < t.Offset + t.ByteLength);
        throw Refuse(changed is not null ? $"The tensor '{changed.Name}' in '{edited}' has other values than in the base, and the edit does not touch it" : Describe(file, edited, name));
    }

    // The header differs, or one file is longer: tensors were added, removed, renamed or reshaped.
    private static string Describe(SafetensorsFile original, string edited, string name)
    {
        try
        {
            using var file = SafetensorsFile.Open(edited);
            if (file.Tensors.FirstOrDefault(t => !original.TryGet(t.Name, out _)) is { } added) return $"The tensor '{added.Name}' lies in '{edited}' and not in the base: it was added";
            if (original.Tensors.FirstOrDefault(t => !file.TryGet(t.Name, out _)) is { } missing) return $"The tensor '{missing.Name}' of the base is missing in '{edited}'";
            if (original.Tensors.FirstOrDefault(t => file.Get(t.Name) is var own && (own.DataType != t.DataType || !own.Shape.AsSpan().SequenceEqual(t.Shape.AsSpan()))) is { } other) return $"The tensor '{other.Name}' in '{edited}' has another type or shape than in the base";
        }
        catch (CheckpointException e)
        {
            return $"'{name}' of the edited model is damaged: {e.Message.TrimEnd('.')}";
        }

        return $"The header of '{edited}' is another one than in the base";
    }

    private static string PathOf(DigestedModel model, string name) => model.Files.Single(f => f.Name == name).Path;

    private static AttestationException Refuse(string what) => AttestationException.Refuse("MG2024", $"{what}. {WayOut}");
}
