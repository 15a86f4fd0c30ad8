using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>
/// The change of a matrix [m, n] as two factors and what rounding them misses. The solution of an edit has low rank; what is stored is that
/// solution rounded to the stored type, which has none. So the factors predict each element, and those that round to a
/// neighbour are listed: both directions give every bit back. Sums run over the rank in its order, in double precision, so that each machine
/// predicts the same.
/// </summary>
/// <param name="Up">U [m, r], row-major.</param>
/// <param name="Down">V [r, n], row-major.</param>
/// <param name="Rank">r.</param>
/// <param name="Apply">Where base + U V, rounded, is not the edited matrix.</param>
/// <param name="Revert">Where edited − U V, rounded, is not the base.</param>
internal sealed record LowRankChange(ImmutableArray<float> Up, ImmutableArray<float> Down, int Rank, Corrections Apply, Corrections Revert)
{
    /// <summary>Bytes that it takes in a file.</summary>
    public long ByteLength => (4L * (Up.Length + Down.Length)) + Apply.ByteLength + Revert.ByteLength;

    /// <summary>Lists what the factors miss.</summary>
    /// <param name="before">The base's bytes.</param>
    /// <param name="after">The edited bytes.</param>
    /// <param name="type">Their type, a floating-point one.</param>
    /// <param name="factors">U and V.</param>
    public static LowRankChange Create(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, TensorDataType type, LowRankFactors factors)
    {
        var draft = new LowRankChange(factors.Up, factors.Down, factors.Rank, Corrections.None, Corrections.None);
        return draft with { Apply = Corrections.Between(draft.Predict(before, type, 1), after, type.SizeInBytes()), Revert = Corrections.Between(draft.Predict(after, type, -1), before, type.SizeInBytes()) };
    }

    /// <summary>The edited matrix from the base.</summary>
    public byte[] ToEdited(ReadOnlySpan<byte> before, TensorDataType type) => Correct(Predict(before, type, 1), Apply, type);

    /// <summary>The base from the edited matrix.</summary>
    public byte[] ToBase(ReadOnlySpan<byte> after, TensorDataType type) => Correct(Predict(after, type, -1), Revert, type);

    private byte[] Predict(ReadOnlySpan<byte> from, TensorDataType type, int sign)
    {
        var result = new byte[from.Length];
        var count = from.Length / type.SizeInBytes();
        // Without factors the sides do not matter, and neither of them could be told.
        var width = Rank == 0 ? count : Down.Length / Rank;
        var sums = new double[width];
        for (var start = 0; start < count; start += width)
        {
            sums.AsSpan().Clear();
            for (var k = 0; k < Rank; k++)
            {
                double factor = sign * Up[(start / width * Rank) + k];
                var row = Down.AsSpan().Slice(k * width, width);
                for (var j = 0; j < width; j++) sums[j] += factor * row[j];
            }

            for (var j = 0; j < width; j++) StoredNumbers.Write(result, start + j, type, StoredNumbers.Read(from, start + j, type) + sums[j]);
        }

        return result;
    }

    private static byte[] Correct(byte[] predicted, Corrections corrections, TensorDataType type)
    {
        corrections.Apply(predicted, type.SizeInBytes());
        return predicted;
    }
}
