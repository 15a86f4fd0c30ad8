using System.Collections.Immutable;

namespace ModelGuard.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="DataType">Its element type.</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, from the start of the file.</param>
/// <param name="ByteLength">How many bytes it has.</param>
public sealed record TensorInfo(string Name, TensorDataType DataType, ImmutableArray<long> Shape, long Offset, long ByteLength);
