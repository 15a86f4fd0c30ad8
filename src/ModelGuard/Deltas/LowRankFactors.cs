using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using static TorchSharp.torch;

namespace ModelGuard.Deltas;

/// <summary>Factors of the difference of two stored matrices [m, n].</summary>
/// <param name="Up">U [m, r], row-major.</param>
/// <param name="Down">V [r, n], row-major.</param>
/// <param name="Rank">r; 0 where the difference is no more than rounding.</param>
internal sealed record LowRankFactors(ImmutableArray<float> Up, ImmutableArray<float> Down, int Rank)
{
    // Factors above a quarter of the matrix leave too little to be gained, with what rounding adds.
    private const int Share = 4;
    private const long Seed = 20260501;

    /// <summary>
    /// Looks for a low rank in the difference: a randomised range finder with one power iteration (Halko, Martinsson and Tropp, "Finding
    /// Structure with Randomness", SIAM Review 2011, algorithms 4.4 and 5.1), cut at the spectral norm of what rounding to the stored type adds.
    /// </summary>
    /// <param name="before">The base's bytes.</param>
    /// <param name="after">The edited bytes.</param>
    /// <param name="type">Their type.</param>
    /// <param name="shape">Their shape.</param>
    /// <returns>Null where the difference is no matrix of low rank.</returns>
    public static LowRankFactors? TryFind(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, TensorDataType type, ImmutableArray<long> shape)
    {
        if (shape is not [> 0 and var rows, > 0 and var columns] || !StoredNumbers.IsFloat(type)) return null;
        var limit = Math.Min(Math.Min(rows, columns), rows * columns * type.SizeInBytes() / (Share * sizeof(float) * (rows + columns)));
        if (limit == 0) return null;
        var (difference, square) = (new double[rows * columns], 0.0);
        for (var i = 0; i < difference.Length; i++)
        {
            var value = StoredNumbers.Read(after, i, type);
            difference[i] = value - StoredNumbers.Read(before, i, type);
            square += value * value;
            if (!double.IsFinite(difference[i])) return null;
        }

        // Rounding moves an element by up to half of its last place; a random matrix of such numbers has about this norm.
        var noise = 0.25 * StoredNumbers.Epsilon(type) * Math.Sqrt(square / difference.Length) * (Math.Sqrt(rows) + Math.Sqrt(columns));
        return Factor(difference, rows, columns, limit, 1.5 * noise);
    }

    private static LowRankFactors? Factor(double[] difference, long rows, long columns, long limit, double noise)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)Seed);
        var matrix = tensor(difference, [rows, columns], dtype: ScalarType.Float64);
        var probe = randn([columns, limit], dtype: ScalarType.Float64, generator: generator);
        var range = linalg.qr(matmul(matrix, probe)).Q;
        range = linalg.qr(matmul(matrix, matmul(matrix.t(), range))).Q;
        var (u, s, vh) = linalg.svd(matmul(range.t(), matrix), fullMatrices: false);
        var rank = checked((int)s.gt(noise).sum().item<long>());
        if (rank == limit) return null;
        var root = s[..rank].sqrt();
        return new LowRankFactors(Numbers(matmul(range, u[.., ..rank]) * root), Numbers(vh[..rank] * root.unsqueeze(1)), rank);

        static ImmutableArray<float> Numbers(Tensor x) => [.. x.to(ScalarType.Float32).contiguous().data<float>()];
    }
}
