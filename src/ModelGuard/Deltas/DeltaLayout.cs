using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>Which tensors of a delta's file stand for which change.</summary>
internal static class DeltaLayout
{
    /// <summary>From base to edited.</summary>
    public const string Apply = "apply";

    /// <summary>From edited to base.</summary>
    public const string Revert = "revert";

    /// <summary>U8 [bytes].</summary>
    public static string Xor(DeltaTensor tensor) => tensor.Key + ".xor";

    /// <summary>F32 [m, r].</summary>
    public static string Up(DeltaTensor tensor) => tensor.Key + ".up";

    /// <summary>F32 [r, n].</summary>
    public static string Down(DeltaTensor tensor) => tensor.Key + ".down";

    /// <summary>U8, as <see cref="Corrections.Gaps"/>.</summary>
    public static string Gaps(DeltaTensor tensor, string direction) => $"{tensor.Key}.{direction}.gaps";

    /// <summary>The tensor's own type [k].</summary>
    public static string Values(DeltaTensor tensor, string direction) => $"{tensor.Key}.{direction}.values";

    /// <summary>The tensors that hold a change, in the order of the file.</summary>
    public static IEnumerable<TensorSource> Sources(DeltaTensor tensor, LowRankChange change)
    {
        var (rows, columns) = (tensor.Shape[0], tensor.Shape[1]);
        yield return new TensorSource(Up(tensor), TensorDataType.F32, [rows, change.Rank], Bytes(change.Up.AsSpan()));
        yield return new TensorSource(Down(tensor), TensorDataType.F32, [change.Rank, columns], Bytes(change.Down.AsSpan()));
        foreach (var (direction, corrections) in new[] { (Apply, change.Apply), (Revert, change.Revert) })
        {
            yield return new TensorSource(Gaps(tensor, direction), TensorDataType.U8, [corrections.Gaps.Length], corrections.Gaps);
            yield return new TensorSource(Values(tensor, direction), tensor.DataType, [corrections.Values.Length / tensor.DataType.SizeInBytes()], corrections.Values);
        }
    }

    /// <summary>Refuses a file whose tensors are not exactly those that its manifest calls for.</summary>
    /// <exception cref="CheckpointException">MG1041.</exception>
    public static void Require(SafetensorsFile file, DeltaManifest manifest)
    {
        var expected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in manifest.Tensors)
        {
            if (tensor.Encoding == DeltaEncoding.Xor) Tensor(Xor(tensor), TensorDataType.U8, [Elements(tensor) * tensor.DataType.SizeInBytes()]);
            else RequireLowRank(tensor);
        }

        if (file.Tensors.FirstOrDefault(t => !expected.Contains(t.Name)) is { } other) throw Bad($"holds the tensor '{other.Name}', which its manifest does not call for");

        void RequireLowRank(DeltaTensor tensor)
        {
            if (tensor.Shape is not [> 0 and var rows, > 0 and var columns] || Elements(tensor) > int.MaxValue || !StoredNumbers.IsFloat(tensor.DataType)) throw Bad($"has factors for '{tensor.Key}', which is no matrix of floating-point numbers");
            if (!file.TryGet(Up(tensor), out var up) || up.Shape.Length != 2) throw Bad($"has no matrix '{Up(tensor)}'");
            Tensor(Up(tensor), TensorDataType.F32, [rows, up.Shape[1]]);
            Tensor(Down(tensor), TensorDataType.F32, [up.Shape[1], columns]);
            foreach (var direction in new[] { Apply, Revert })
            {
                if (!file.TryGet(Gaps(tensor, direction), out var gaps)) throw Bad($"has no list '{Gaps(tensor, direction)}'");
                Tensor(gaps.Name, TensorDataType.U8, [gaps.ByteLength]);
                var (count, end) = Corrections.Measure(file.GetBytes(gaps));
                if (end > rows * columns) throw Bad(FormattableString.Invariant($"leads with '{gaps.Name}' to element {end} of a tensor that has {rows * columns}"));
                Tensor(Values(tensor, direction), tensor.DataType, [count]);
            }
        }

        void Tensor(string name, TensorDataType type, ImmutableArray<long> shape)
        {
            expected.Add(name);
            if (!file.TryGet(name, out var info)) throw Bad($"lacks the tensor '{name}', which its manifest calls for");
            if (info.DataType != type || !info.Shape.AsSpan().SequenceEqual(shape.AsSpan())) throw Bad(FormattableString.Invariant($"holds '{name}' as {info.DataType} [{string.Join(", ", info.Shape)}], where its manifest calls for {type} [{string.Join(", ", shape)}]"));
        }

        // A product of sides that no file can hold is refused with the tensor that should have them.
        long Elements(DeltaTensor tensor)
        {
            Int128 product = 1;
            foreach (var side in tensor.Shape)
            {
                product *= side;
                if (product > int.MaxValue / tensor.DataType.SizeInBytes()) throw Bad(FormattableString.Invariant($"has a manifest with the shape [{string.Join(", ", tensor.Shape)}] for '{tensor.Key}', more than can be changed"));
            }

            return (long)product;
        }

        CheckpointException Bad(string what) => new("MG1041", $"The delta '{file.Path}' {what}. The file is damaged; copy it again, or make it again with 'modelguard edit --delta'.", file.Path);
    }

    // Files are little-endian, as all machines are that LibTorch runs on.
    private static byte[] Bytes<T>(ReadOnlySpan<T> values)
        where T : struct => MemoryMarshal.AsBytes(values).ToArray();
}
