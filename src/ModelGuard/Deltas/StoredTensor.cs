using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>A tensor as its file stores it.</summary>
/// <param name="DataType">Its element type.</param>
/// <param name="Shape">Its shape in the file's own order.</param>
/// <param name="Bytes">Its elements.</param>
internal sealed record StoredTensor(TensorDataType DataType, ImmutableArray<long> Shape, byte[] Bytes)
{
    /// <summary>Reads it.</summary>
    public static StoredTensor Read(WeightTensor weight)
    {
        var bytes = new byte[weight.ByteLength];
        weight.File.Read(weight.Stored, weight.Start, bytes);
        return new StoredTensor(weight.DataType, ShapeOf(weight), bytes);
    }

    /// <summary>Its shape in the file's own order.</summary>
    public static ImmutableArray<long> ShapeOf(WeightTensor weight) => weight.IsTransposed ? [weight.Shape[1], weight.Shape[0]] : weight.Shape;
}
