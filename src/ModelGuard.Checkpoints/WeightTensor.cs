using System.Collections.Immutable;

namespace ModelGuard.Checkpoints;

/// <summary>
/// A tensor of a network by the name that diffusers and transformers give it, wherever its bytes lie: alone in a file, or as a part of a
/// tensor that holds several (the fused <c>in_proj_weight</c> of OpenCLIP).
/// </summary>
/// <param name="Name">Its key in the reference's state dict.</param>
/// <param name="DataType">Its element type.</param>
/// <param name="Shape">Its shape in the reference; the stored one may say the same elements otherwise (a 1 × 1 convolution for a linear layer).</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Stored">The tensor of the file.</param>
public sealed record WeightTensor(string Name, TensorDataType DataType, ImmutableArray<long> Shape, SafetensorsFile File, TensorInfo Stored)
{
    /// <summary>Where its bytes begin, from the start of the stored tensor.</summary>
    public long Start { get; init; }

    /// <summary>How many bytes it has.</summary>
    public required long ByteLength { get; init; }

    /// <summary>Whether the file holds a matrix [m, n] as its transpose [n, m].</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Where its bytes begin, from the start of the file.</summary>
    public long Offset => Stored.Offset + Start;

    /// <summary>A tensor that a file stores as the reference does.</summary>
    public static WeightTensor Of(SafetensorsFile file, TensorInfo info) => new(info.Name, info.DataType, info.Shape, file, info) { ByteLength = info.ByteLength };
}
