using System.Collections.Immutable;

namespace ModelGuard.Checkpoints;

/// <summary>One tensor to be written.</summary>
/// <param name="Name">Its key.</param>
/// <param name="DataType">Its element type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Bytes">Its elements in row-major order, little-endian.</param>
public sealed record TensorSource(string Name, TensorDataType DataType, ImmutableArray<long> Shape, ReadOnlyMemory<byte> Bytes);
