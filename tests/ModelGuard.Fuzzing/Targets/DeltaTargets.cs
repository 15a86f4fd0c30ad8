using ModelGuard.Checkpoints;
using ModelGuard.Deltas;
using ModelGuard.Fuzzing.Containers;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Deltas: opened, and applied to zeros in both directions.</summary>
internal static class DeltaTargets
{
    private static readonly string[] Words =
    [
        "version", "tool", "policy", "base", "kept", "edited", "variant", "shardSize", "leftOut", "tensors", "component", "tensor", "dtype", "F32", "F16", "shape", "encoding", "xor", "low-rank", "before", "after", "data_offsets", "U8", "unet", "w.xor", "w.up", "w.down", "w.apply.gaps", "w.apply.values", "w.revert.gaps", "w.revert.values",
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } = [new("delta", Read) { Container = new DeltaParts(), Words = Words }];

    private static string Read(ReadOnlyMemory<byte> input, string scratch)
    {
        using var delta = DeltaFile.Open(Scratch.Write(scratch, "delta.safetensors", input));
        foreach (var tensor in delta.Manifest.Tensors)
        {
            // A base's size is its own; one of another size is refused before a delta is applied.
            var length = tensor.Shape.Aggregate(1L, (product, side) => product * side) * tensor.DataType.SizeInBytes();
            if (length > input.Length) continue;
            _ = delta.ToEdited(tensor, new byte[length]);
            _ = delta.ToBase(tensor, new byte[length]);
        }

        return string.Join(' ', delta.Manifest.Tensors.Select(t => t.Encoding).Distinct());
    }
}
