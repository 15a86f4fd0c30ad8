using CsCheck;
using ModelGuard.Checkpoints;
using ModelGuard.Deltas;

namespace ModelGuard.Tests.Deltas;

public sealed class LowRankChangeTests
{
    private static readonly Gen<TensorDataType> Types = Gen.OneOfConst(TensorDataType.F64, TensorDataType.F32, TensorDataType.F16, TensorDataType.BF16);

    [Fact]
    public void Any_bytes_come_back_in_both_directions_whatever_the_factors_are() =>
        Gen.Select(Types, Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 3]).SelectMany((type, m, n, rank) => Gen.Select(
            Gen.Const((type, rank)),
            Gen.Byte.Array[m * n * type.SizeInBytes()],
            Gen.Byte.Array[m * n * type.SizeInBytes()],
            Gen.Float.Array[m * rank],
            Gen.Float.Array[rank * n])).Sample((form, before, after, up, down) =>
        {
            var change = LowRankChange.Create(before, after, form.type, new LowRankFactors([.. up], [.. down], form.rank));

            Assert.Equal(after, change.ToEdited(before, form.type));
            Assert.Equal(before, change.ToBase(after, form.type));
        }, iter: 300);

    [Fact]
    public void Corrections_far_apart_are_found_again() => Gen.Select(Gen.Int[1, 1500], Gen.Int[0, 1499].Array[0, 5], Gen.OneOfConst(1, 2, 4)).Sample((length, wrong, size) =>
    {
        var (predicted, actual) = (new byte[length * size], new byte[length * size]);
        foreach (var at in wrong.Where(at => at < length)) actual[(at * size) + size - 1] = 1;

        var corrections = Corrections.Between(predicted, actual, size);
        corrections.Apply(predicted, size);

        Assert.Equal(actual, predicted);
        var (count, end) = Corrections.Measure(corrections.Gaps.Span);
        Assert.Equal(wrong.Where(at => at < length).Distinct().Count(), count);
        Assert.InRange(end, wrong.Where(at => at < length).Select(at => at + 1).DefaultIfEmpty(0).Max(), length);
    }, iter: 300);

    [Fact]
    public void Every_stored_number_is_read_and_rounded_to_itself() => Gen.Select(Types, Gen.Byte.Array[8]).Sample((type, bytes) =>
    {
        var value = StoredNumbers.Read(bytes, 0, type);
        var written = new byte[8];

        StoredNumbers.Write(written, 0, type, value);

        if (double.IsNaN(value)) Assert.True(double.IsNaN(StoredNumbers.Read(written, 0, type)));
        else Assert.Equal(bytes[..type.SizeInBytes()], written[..type.SizeInBytes()]);
    }, iter: 500);

    // 1 + 2⁻⁸ lies between the neighbours 1 and 1 + 2⁻⁷ of BF16; the even one of a tie has a last bit of 0.
    [Theory]
    [InlineData(1.00390625, 1)]
    [InlineData(1.01171875, 1.015625)]
    [InlineData(1.004, 1.0078125)]
    [InlineData(-1.00390625, -1)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(1e39, double.PositiveInfinity)]
    public void BFloat16_rounds_to_the_nearest_and_ties_to_even(double value, double expected)
    {
        var bytes = new byte[2];

        StoredNumbers.Write(bytes, 0, TensorDataType.BF16, value);

        Assert.Equal(expected, StoredNumbers.Read(bytes, 0, TensorDataType.BF16));
    }

    [Theory]
    [InlineData(TensorDataType.F32, 2)]
    [InlineData(TensorDataType.F16, 2)]
    [InlineData(TensorDataType.BF16, 2)]
    [InlineData(TensorDataType.F64, 2)]
    public void A_change_of_low_rank_is_found_under_its_rounding_and_takes_less_than_half(TensorDataType type, int rank)
    {
        const int Side = 192;
        var random = new Random(5);
        var (before, after) = Edited(type, Side, rank, random, scale: 0.3);

        var factors = LowRankFactors.TryFind(before, after, type, [Side, Side]);

        Assert.NotNull(factors);
        Assert.Equal(rank, factors.Rank);
        var change = LowRankChange.Create(before, after, type, factors);
        Assert.Equal(after, change.ToEdited(before, type));
        // In double precision factors of single precision say nothing about the last bits.
        if (type != TensorDataType.F64) Assert.InRange(change.ByteLength, 1, after.Length / 2);
    }

    [Fact]
    public void A_change_of_full_rank_and_one_with_numbers_that_are_none_have_no_factors()
    {
        var (before, after) = Edited(TensorDataType.F32, 32, 32, new Random(6), scale: 1);
        Assert.Null(LowRankFactors.TryFind(before, after, TensorDataType.F32, [32, 32]));
        Assert.Null(LowRankFactors.TryFind(before, after, TensorDataType.F32, [32 * 32]));
        Assert.Null(LowRankFactors.TryFind(before, after, TensorDataType.I32, [32, 32]));

        StoredNumbers.Write(after, 7, TensorDataType.F32, double.NaN);
        Assert.Null(LowRankFactors.TryFind(before, after, TensorDataType.F32, [32, 32]));
    }

    /// <summary>A random matrix, and the same with a change of some rank, rounded to the type.</summary>
    private static (byte[] Before, byte[] After) Edited(TensorDataType type, int side, int rank, Random random, double scale)
    {
        var (before, after) = (new byte[side * side * type.SizeInBytes()], new byte[side * side * type.SizeInBytes()]);
        double[] up = [.. Enumerable.Range(0, side * rank).Select(_ => random.NextDouble() - 0.5)], down = [.. Enumerable.Range(0, side * rank).Select(_ => random.NextDouble() - 0.5)];
        for (var i = 0; i < side * side; i++)
        {
            StoredNumbers.Write(before, i, type, random.NextDouble() - 0.5);
            var change = Enumerable.Range(0, rank).Sum(k => up[(i / side * rank) + k] * down[(k * side) + (i % side)]);
            StoredNumbers.Write(after, i, type, StoredNumbers.Read(before, i, type) + (scale * change));
        }

        return (before, after);
    }
}
