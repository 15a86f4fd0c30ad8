using System.Collections.Immutable;
using System.Security.Cryptography;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;

namespace ModelGuard.Deltas;

/// <summary>What a delta says besides its tensors.</summary>
/// <param name="ToolVersion">Version of the tool that made the edit.</param>
/// <param name="PolicyDigest">SHA-256 of the policy file, as <c>sha256:…</c>.</param>
/// <param name="Variant">The variant of the weights that was edited; null for the default.</param>
/// <param name="Report">The deterministic part of the edit's report, as JSON.</param>
public sealed record DeltaOrigin(string ToolVersion, string PolicyDigest, string? Variant, string Report);

/// <summary>Writes the change that an edit made.</summary>
public static class DeltaWriter
{
    /// <summary>Writes a delta atomically.</summary>
    /// <param name="path">Where.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="edited">The edit.</param>
    /// <param name="origin">Where it comes from.</param>
    /// <exception cref="CheckpointException">The base cannot be read.</exception>
    public static void Write(string path, Checkpoint checkpoint, EditedFolder edited, DeltaOrigin origin)
    {
        var tensors = ImmutableArray.CreateBuilder<DeltaTensor>();
        var sources = new List<TensorSource>();
        foreach (var component in edited.Edits.GroupBy(e => e.Component, StringComparer.Ordinal))
        {
            using var weights = checkpoint.Component(component.Key).OpenWeights();
            foreach (var edit in component)
            {
                var (tensor, own) = Encode(StoredTensor.Read(weights.Get(edit.Name)), edit);
                tensors.Add(tensor);
                sources.AddRange(own);
            }
        }

        var manifest = new DeltaManifest
        {
            ToolVersion = origin.ToolVersion,
            PolicyDigest = origin.PolicyDigest,
            BaseDigest = edited.BaseDigest,
            KeptDigest = edited.KeptDigest,
            EditedDigest = edited.Digest,
            ShardSize = edited.ShardSize,
            Variant = origin.Variant,
            LeftOut = edited.LeftOut,
            Tensors = tensors.ToImmutable(),
        };
        SafetensorsWriter.Write(path, sources, new SortedDictionary<string, string>(StringComparer.Ordinal) { [DeltaFile.ManifestKey] = DeltaManifestJson.Write(manifest), [DeltaFile.ReportKey] = origin.Report });
    }

    /// <summary>The smaller form of a change; factors count only if they give every byte back, in both directions.</summary>
    private static (DeltaTensor Tensor, IEnumerable<TensorSource> Sources) Encode(StoredTensor before, EditedTensor edit)
    {
        var after = edit.Bytes.AsSpan();
        var full = new DeltaTensor(edit.Component, edit.Name, before.DataType, before.Shape, DeltaEncoding.Xor, Digest(before.Bytes), Digest(after));
        if (LowRankFactors.TryFind(before.Bytes, after, before.DataType, before.Shape) is { } factors)
        {
            var change = LowRankChange.Create(before.Bytes, after, before.DataType, factors);
            var isExact = change.ToEdited(before.Bytes, before.DataType).AsSpan().SequenceEqual(after) && change.ToBase(after, before.DataType).AsSpan().SequenceEqual(before.Bytes);
            if (isExact && change.ByteLength < after.Length) return (full with { Encoding = DeltaEncoding.LowRank }, [.. DeltaLayout.Sources(full, change)]);
        }

        var difference = DeltaFile.Difference(before.Bytes, after);
        return (full, [new TensorSource(DeltaLayout.Xor(full), TensorDataType.U8, [difference.Length], difference)]);
    }

    /// <summary>SHA-256 of a tensor's bytes, as <c>sha256:…</c>.</summary>
    internal static string Digest(ReadOnlySpan<byte> bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
