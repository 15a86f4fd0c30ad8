using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What a system gives: W − W₀ in the directions of the basis, the condition number of λI + C + AᵀA, and the moments of its rows where it made them.</summary>
internal sealed record SystemSolution(Tensor Update, double ConditionNumber, ImmutableArray<RidgeMoments> Moments);

/// <summary>The ridge system over the width d: S = λI + C + AᵀA [d, d].</summary>
internal static class WidthSystem
{
    /// <summary>W − W₀; a change that keeps the hard keys is orthogonal to them.</summary>
    /// <param name="weight">W₀ [m, d].</param>
    /// <param name="rows">The rows.</param>
    /// <param name="basis">Directions that are free [d, r]; null for all.</param>
    /// <param name="lambda">λ.</param>
    /// <param name="covariance">C in these directions [r, r]; null for none.</param>
    /// <exception cref="EditException">MG1003.</exception>
    public static SystemSolution Solve(Tensor weight, Constraints[] rows, Tensor? basis, double lambda, Tensor? covariance)
    {
        var width = basis?.shape[1] ?? weight.shape[1];
        ImmutableArray<RidgeMoments> moments = [.. rows.Select(r => RidgeMoments.Of(r, weight))];
        // In place: of a width of 3072 each matrix takes 75 MB.
        var gram = covariance?.clone() ?? zeros([width, width], dtype: ScalarType.Float64);
        gram.diagonal().add_(lambda);
        var missing = zeros([width, weight.shape[0]], dtype: ScalarType.Float64);
        foreach (var (of, sums) in rows.Zip(moments))
        {
            gram.add_(basis is null ? sums.Gram : matmul(matmul(basis.t(), sums.Gram), basis), alpha: of.Weight);
            if (of.Values is null) continue;
            using var own = sums.Missing(weight);
            missing.add_(basis is null ? own : matmul(basis.t(), own), alpha: of.Weight);
        }

        RidgeSystem.RequireNumbers(gram, missing);
        var factor = RidgeSystem.Factor(gram);
        // No eigenvalue is below λ; one that is computed so, or below 0, is rounding.
        var condition = Math.Max(ExtremeEigenvalues.Largest(gram), lambda) / Math.Max(ExtremeEigenvalues.Smallest(gram, factor), lambda);
        return new SystemSolution(cholesky_solve(missing, factor).t(), condition, moments);
    }
}
