using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// The same system over its n rows, when they are fewer than the width: with P = λI + C = LLᵀ and Y = L⁻¹Aᵀ it is W − W₀ = Rᵀ(I + YᵀY)⁻¹YᵀL⁻¹
/// (Woodbury's identity; Golub and Van Loan, Matrix Computations, section 2.1.4). Of the width only P is factorised.
/// </summary>
internal static class RowSystem
{
    /// <inheritdoc cref="WidthSystem.Solve" />
    public static SystemSolution Solve(Tensor weight, Constraints[] rows, Tensor? basis, double lambda, Tensor? covariance)
    {
        Constraints[] sorted = [.. rows.Select(r => r.InOrder(r.CanonicalOrder()))];
        var keys = cat([zeros([0, basis?.shape[1] ?? weight.shape[1]], dtype: ScalarType.Float64), .. sorted.Select(r => Math.Sqrt(r.Weight) * (basis is null ? r.Keys : matmul(r.Keys, basis)))]);
        var missing = cat([zeros([0, weight.shape[0]], dtype: ScalarType.Float64), .. sorted.Select(r => Math.Sqrt(r.Weight) * (r.Values is { } values ? values - matmul(r.Keys, weight.t()) : zeros([r.Count, weight.shape[0]], dtype: ScalarType.Float64)))]);
        return covariance is null ? Solve(keys, missing, lambda) : Solve(keys, missing, lambda, covariance);
    }

    private static SystemSolution Solve(Tensor keys, Tensor missing, double lambda)
    {
        var gram = matmul(keys, keys.t());
        gram.diagonal().add_(lambda);
        RidgeSystem.RequireNumbers(gram, missing);
        if (keys.shape[0] == 0) return new SystemSolution(zeros([missing.shape[1], keys.shape[1]], dtype: ScalarType.Float64), 1, []);
        var update = matmul(cholesky_solve(missing, RidgeSystem.Factor(gram)).t(), keys);
        // With fewer rows than the width λ is an eigenvalue, and none is below it.
        return new SystemSolution(update, Math.Max(ExtremeEigenvalues.Largest(gram), lambda) / lambda, []);
    }

    private static SystemSolution Solve(Tensor keys, Tensor missing, double lambda, Tensor covariance)
    {
        var limit = covariance.clone();
        limit.diagonal().add_(lambda);
        RidgeSystem.RequireNumbers(limit, keys, missing);
        var factor = RidgeSystem.Factor(limit);
        var whitened = linalg.solve_triangular(factor, keys.t(), upper: false);
        var inner = matmul(whitened.t(), whitened);
        inner.diagonal().add_(1);
        var innerFactor = RidgeSystem.Factor(inner);
        var update = matmul(cholesky_solve(missing, innerFactor).t(), linalg.solve_triangular(factor.t(), whitened, upper: true).t());
        return new SystemSolution(update, ConditionNumber(), []);

        double ConditionNumber()
        {
            var width = keys.shape[1];
            if (width <= ExtremeEigenvalues.Exact)
            {
                var spectrum = linalg.eigvalsh(limit + matmul(keys.t(), keys));
                return Math.Max(spectrum[-1].item<double>(), lambda) / Math.Max(spectrum[0].item<double>(), lambda);
            }

            var largest = ExtremeEigenvalues.Largest(width, x => mv(limit, x) + mv(keys.t(), mv(keys, x)));
            var inverse = ExtremeEigenvalues.Largest(width, x =>
            {
                var half = linalg.solve_triangular(factor, x.unsqueeze(1), upper: false);
                half -= matmul(whitened, cholesky_solve(matmul(whitened.t(), half), innerFactor));
                return linalg.solve_triangular(factor.t(), half, upper: true).squeeze(1);
            }, ExtremeEigenvalues.OfInverse);
            return Math.Max(largest, lambda) / Math.Max(1 / inverse, lambda);
        }
    }
}
