using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A tensor of a network, found in the header of a single file.</summary>
/// <param name="Pair">Its two names.</param>
/// <param name="Stored">The tensor of the file.</param>
/// <param name="Shape">Its shape in the reference.</param>
/// <param name="Start">Where it begins, from the start of the stored tensor.</param>
/// <param name="ByteLength">How many bytes it has.</param>
internal sealed record PlacedTensor(NamePair Pair, TensorInfo Stored, ImmutableArray<long> Shape, long Start, long ByteLength)
{
    /// <summary>Finds it in the stored tensor.</summary>
    /// <exception cref="CheckpointException">MG0272 for a shape that cannot hold it.</exception>
    public static PlacedTensor Of(NamePair pair, TensorInfo stored, string path)
    {
        var shape = stored.Shape;
        switch (pair.Placement)
        {
            case Placement.Same:
                return new PlacedTensor(pair, stored, shape, 0, stored.ByteLength);
            case Placement.Pointwise when shape.Length >= 2 && shape.Skip(2).All(s => s == 1):
                return new PlacedTensor(pair, stored, [shape[0], shape[1]], 0, stored.ByteLength);
            case Placement.Transposed when shape.Length == 2:
                return new PlacedTensor(pair, stored, [shape[1], shape[0]], 0, stored.ByteLength);
            case Placement.Query or Placement.Key or Placement.Value when shape.Length is 1 or 2 && shape[0] % 3 == 0 && (shape.Length == 1 || shape[0] == 3 * (Int128)shape[1]):
                var third = stored.ByteLength / 3;
                return new PlacedTensor(pair, stored, shape.SetItem(0, shape[0] / 3), third * (pair.Placement - Placement.Query), third);
            default:
                var expected = pair.Placement switch { Placement.Pointwise => "[m, n] or [m, n, 1, 1]", Placement.Transposed => "[m, n]", _ => "[3 n, n], or [3 n] for a bias: queries, keys and values one below the other" };
                throw new CheckpointException("MG0272", $"In '{path}' the tensor '{stored.Name}' has the shape [{string.Join(", ", shape)}]; it must be {expected}. The file is damaged, or of another model; copy it again.", path);
        }
    }

    /// <summary>As a tensor of an open file.</summary>
    public WeightTensor In(SafetensorsFile file) => new(Pair.Reference, Stored.DataType, Shape, file, Stored) { Start = Start, ByteLength = ByteLength, IsTransposed = Pair.Placement == Placement.Transposed };
}
