using System.Collections.Immutable;
using System.Text;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;
using ModelGuard.Reports;

namespace ModelGuard.Deltas;

/// <summary>A checkpoint that a delta made or undid.</summary>
/// <param name="Digest">Its root digest.</param>
/// <param name="Missing">Files of the base that no delta can bring back, because the edit left them out.</param>
public sealed record DeltaResult(string Digest, ImmutableArray<string> Missing);

/// <summary>Base + delta → edited, and edited + delta → base, byte for byte or not at all. Nothing is computed by LibTorch.</summary>
public static class DeltaApplication
{
    /// <summary>Publishes what the edit published: the same files with the same bytes, and the report without what differs from run to run.</summary>
    /// <param name="checkpoint">The base, opened with the delta's variant.</param>
    /// <param name="delta">The delta.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="ProvenanceException">MG1042 or MG1043 for another base, MG1045 for a delta that does not give what it promises.</exception>
    /// <exception cref="CheckpointException">The base cannot be used, or MG1040 for a report that is not that of the delta.</exception>
    public static DeltaResult Apply(Checkpoint checkpoint, DeltaFile delta, string output, PublishOptions options, CancellationToken cancellation = default)
    {
        var manifest = delta.Manifest;
        DeltaReport.Require(delta);
        PatchedCheckpoint.Publish(checkpoint, OtherForms.LeaveOut, () => Decode(checkpoint, delta, isForward: true), output, options with { ShardSize = manifest.ShardSize }, Finish, cancellation);
        return new DeltaResult(manifest.EditedDigest, []);

        void Finish(PatchedFolder copy)
        {
            if (Digests.Root(copy.Originals) is var origin && origin != manifest.BaseDigest) throw OtherBase(checkpoint, delta, $"it has the digest {origin}");
            if (Digests.Root(copy.Copies) is var result && result != manifest.EditedDigest) throw Broken(delta, $"promises an edited checkpoint with the digest {manifest.EditedDigest} and gives one with {result}");
            File.WriteAllBytes(Path.Combine(copy.Path, EditReport.FileName), Encoding.UTF8.GetBytes(delta.Report));
        }
    }

    /// <summary>Publishes the base again, without the files that the edit left out.</summary>
    /// <param name="checkpoint">The edited checkpoint, opened with the delta's variant.</param>
    /// <param name="delta">The delta.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops between two blocks of a file.</param>
    /// <exception cref="ProvenanceException">MG1042 or MG1044 for a checkpoint that this delta did not make, MG1045 for a delta that does not give what it promises.</exception>
    /// <exception cref="CheckpointException">The edited checkpoint cannot be used.</exception>
    public static DeltaResult Revert(Checkpoint checkpoint, DeltaFile delta, string output, PublishOptions options, CancellationToken cancellation = default)
    {
        var manifest = delta.Manifest;
        PatchedCheckpoint.Publish(checkpoint, OtherForms.Keep, () => Decode(checkpoint, delta, isForward: false), output, options with { ShardSize = manifest.ShardSize }, Finish, cancellation);
        return new DeltaResult(manifest.KeptDigest, manifest.LeftOut);

        void Finish(PatchedFolder copy)
        {
            if (Digests.Root(copy.Originals) is var origin && origin != manifest.EditedDigest) throw OtherEdited(checkpoint, delta, $"it has the digest {origin}");
            if (Digests.Root(copy.Copies) is var result && result != manifest.KeptDigest) throw Broken(delta, $"promises a base with the digest {manifest.KeptDigest} and gives one with {result}");
        }
    }

    private static ImmutableArray<TensorReplacement> Decode(Checkpoint checkpoint, DeltaFile delta, bool isForward)
    {
        var result = ImmutableArray.CreateBuilder<TensorReplacement>();
        foreach (var component in delta.Manifest.Tensors.GroupBy(t => t.Component, StringComparer.Ordinal))
        {
            using var weights = OpenWeights(checkpoint, delta, component.Key);
            foreach (var tensor in component)
            {
                var from = Read(checkpoint, delta, weights, tensor);
                var (expected, promised) = isForward ? (tensor.DigestBefore, tensor.DigestAfter) : (tensor.DigestAfter, tensor.DigestBefore);
                // Another base shows here, before gigabytes are digested.
                if (DeltaWriter.Digest(from) != expected) throw (isForward ? OtherBase(checkpoint, delta, $"its tensor '{tensor.Key}' has other values") : OtherEdited(checkpoint, delta, $"its tensor '{tensor.Key}' has other values"));
                var bytes = isForward ? delta.ToEdited(tensor, from) : delta.ToBase(tensor, from);
                if (DeltaWriter.Digest(bytes) != promised) throw Broken(delta, $"does not give the tensor '{tensor.Key}' that it promises");
                result.Add(new TensorReplacement(tensor.Component, tensor.Name, bytes));
            }
        }

        return result.ToImmutable();
    }

    private static ComponentWeights OpenWeights(Checkpoint checkpoint, DeltaFile delta, string component)
    {
        try
        {
            return checkpoint.Component(component).OpenWeights();
        }
        // What the checkpoint does not have is no damage of it.
        catch (CheckpointException e) when (e.Code is "MG0263" or "MG0264")
        {
            throw OtherModel(checkpoint, delta, $"has no component '{component}', which the delta changes");
        }
    }

    private static byte[] Read(Checkpoint checkpoint, DeltaFile delta, ComponentWeights weights, DeltaTensor tensor)
    {
        if (!weights.TryGet(tensor.Name, out var weight)) throw OtherModel(checkpoint, delta, $"has no tensor '{tensor.Key}', which the delta changes");
        var shape = StoredTensor.ShapeOf(weight);
        return weight.DataType == tensor.DataType && shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan())
            ? StoredTensor.Read(weight).Bytes
            : throw OtherModel(checkpoint, delta, FormattableString.Invariant($"holds '{tensor.Key}' as {weight.DataType} [{string.Join(", ", shape)}], but the delta changes one of {tensor.DataType} [{string.Join(", ", tensor.Shape)}]"));
    }

    private static ProvenanceException OtherModel(Checkpoint checkpoint, DeltaFile delta, string why) => new("MG1042", $"'{checkpoint.Path}' {why}: '{delta.Path}' was made for another model. Name the checkpoint that it was made for.");

    private static ProvenanceException OtherBase(Checkpoint checkpoint, DeltaFile delta, string why) => new("MG1043", $"'{checkpoint.Path}' is not the base of the delta '{delta.Path}': {why}; the base has the digest {delta.Manifest.BaseDigest}. Name that base, or edit this one with the policy.");

    private static ProvenanceException OtherEdited(Checkpoint checkpoint, DeltaFile delta, string why) => new("MG1044", $"'{checkpoint.Path}' is not the checkpoint that the delta '{delta.Path}' makes: {why}; that one has the digest {delta.Manifest.EditedDigest}. Name that checkpoint, unchanged.");

    private static ProvenanceException Broken(DeltaFile delta, string how) => new("MG1045", $"The delta '{delta.Path}' {how}. It is damaged or forged; copy it again, or make it again with 'modelguard edit --delta'.");
}
