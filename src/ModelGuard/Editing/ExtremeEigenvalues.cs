using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Extreme eigenvalues of a symmetric positive definite matrix by the Lanczos process with full reorthogonalisation (Golub and Van Loan,
/// Matrix Computations, section 10.1): of S for the largest, of S⁻¹ from its Cholesky factor for the smallest. All eigenvalues would take
/// longer than the system itself: 3 s for a width of 3072.
/// </summary>
internal static class ExtremeEigenvalues
{
    /// <summary>Up to this size all eigenvalues are computed, which is exact.</summary>
    public const int Exact = 256;

    /// <summary>How near an eigenvalue must lie, relative to what was found. The smallest ones of λI + C lie close together, and two digits of a condition number tell as much as more.</summary>
    public const double OfInverse = 0.01;

    private const double OfMatrix = 1e-4;
    private const int Steps = 64;
    private const int BetweenChecks = 4;

    /// <summary>The largest eigenvalue of S [d, d], float64.</summary>
    public static double Largest(Tensor gram) => gram.shape[0] <= Exact ? linalg.eigvalsh(gram)[-1].item<double>() : Largest(gram.shape[0], x => mv(gram, x));

    /// <summary>The smallest eigenvalue of S [d, d] with its lower Cholesky factor.</summary>
    public static double Smallest(Tensor gram, Tensor factor)
    {
        using var scope = NewDisposeScope();
        if (gram.shape[0] <= Exact) return linalg.eigvalsh(gram)[0].item<double>();
        // A solve for each step would copy the factor each time. Nothing but this figure comes from the inverse.
        var inverse = cholesky_inverse(factor);
        return 1 / Largest(gram.shape[0], x => mv(inverse, x), OfInverse);
    }

    /// <summary>Largest eigenvalue of a symmetric operator: a lower bound that converges within a few dozen steps.</summary>
    /// <param name="size">d.</param>
    /// <param name="apply">x [d] → S x [d], float64.</param>
    /// <param name="tolerance">How near an eigenvalue must lie, relative to what was found.</param>
    public static double Largest(long size, Func<Tensor, Tensor> apply, double tolerance = OfMatrix)
    {
        using var scope = NewDisposeScope();
        // No generator: the start is the same in every run, and no eigenvector is likely to be orthogonal to it.
        var v = arange(1, size + 1, dtype: ScalarType.Float64).mul_(Math.Sqrt(2)).sin_();
        var basis = (v / v.norm()).unsqueeze(0);
        var (diagonal, off) = (new double[Steps], new double[Steps]);
        for (var count = 1; ; count++)
        {
            var next = apply(basis[-1]);
            diagonal[count - 1] = dot(basis[-1], next).item<double>();
            // Twice is enough (Parlett, The Symmetric Eigenvalue Problem, section 6.9).
            for (var pass = 0; pass < 2; pass++) next -= mv(basis.t(), mv(basis, next));
            var length = next.norm().item<double>();
            if (count == Steps || length <= 1e-14 * Math.Abs(diagonal[0])) return Ritz(diagonal[..count], off[..(count - 1)]).Value;
            if (count % BetweenChecks == 0 && Ritz(diagonal[..count], off[..(count - 1)]) is var (value, last) && length * last <= tolerance * Math.Abs(value)) return value;
            off[count - 1] = length;
            basis = cat([basis, (next / length).unsqueeze(0)]);
        }
    }

    // The largest eigenvalue of the tridiagonal matrix; its residual in the whole space is the last element of its vector times the next β.
    private static (double Value, double Last) Ritz(double[] diagonal, double[] off)
    {
        using var scope = NewDisposeScope();
        var side = tensor(off, dtype: ScalarType.Float64);
        var tridiagonal = diag(tensor(diagonal, dtype: ScalarType.Float64));
        if (off.Length > 0) tridiagonal += diag(side, 1) + diag(side, -1);
        var (values, vectors) = linalg.eigh(tridiagonal);
        return (values[-1].item<double>(), Math.Abs(vectors[-1, -1].item<double>()));
    }
}
