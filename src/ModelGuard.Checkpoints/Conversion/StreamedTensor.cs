using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>A tensor to be written from where it lies in other files.</summary>
/// <param name="Name">Its key.</param>
/// <param name="DataType">Its element type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Runs">Its bytes, one run behind the other.</param>
internal sealed record StreamedTensor(string Name, TensorDataType DataType, ImmutableArray<long> Shape, ImmutableArray<ByteRun> Runs)
{
    // The order of the reference's enumeration (safetensors/src/tensor.rs, Dtype), the last one first.
    private static readonly TensorDataType[] Ranks = [TensorDataType.I64, TensorDataType.F64, TensorDataType.F32, TensorDataType.I32, TensorDataType.BF16, TensorDataType.F16, TensorDataType.U8];

    /// <summary>How many bytes it has.</summary>
    public long ByteLength => Runs.Sum(r => r.ByteLength);

    /// <summary>A tensor as it stands in a file.</summary>
    public static StreamedTensor Of(SafetensorsFile file, TensorInfo info) => new(info.Name, info.DataType, info.Shape, [ByteRun.Of(file, info)]);

    /// <summary>The order in which the safetensors library writes: wide types first, and by name among them (<c>prepare</c> in tensor.rs).</summary>
    public static ImmutableArray<StreamedTensor> InCanonicalOrder(IEnumerable<StreamedTensor> tensors) =>
        [.. tensors.OrderBy(t => Array.IndexOf(Ranks, t.DataType)).ThenBy(t => t.Name, StringComparer.Ordinal)];
}
