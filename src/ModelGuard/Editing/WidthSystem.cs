using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What a system gives.</summary>
/// <param name="Update">W − W₀ in the directions of the basis.</param>
/// <param name="ConditionNumber">Of λI + C + AᵀA.</param>
/// <param name="Residual">‖W K − V‖ ÷ ‖V‖ of one of its blocks of rows, given their number and W; null where only the rows themselves can tell.</param>
internal sealed record SystemSolution(Tensor Update, double ConditionNumber, Func<int, Tensor, double?> Residual);

/// <summary>The ridge system over the width d: S = λI + C + AᵀA [d, d].</summary>
internal static class WidthSystem
{
    /// <summary>W − W₀; a change that keeps the hard keys is orthogonal to them.</summary>
    /// <param name="weight">W₀ [m, d].</param>
    /// <param name="rows">The rows.</param>
    /// <param name="basis">Directions that are free [d, r]; null for all.</param>
    /// <param name="lambda">λ.</param>
    /// <param name="limit">λI + C in these directions [r, r], whose matrix is overwritten; null without C.</param>
    /// <exception cref="EditException">MG1003.</exception>
    public static SystemSolution Solve(Tensor weight, Constraints[] rows, Tensor? basis, double lambda, RidgeLimit? limit)
    {
        var width = basis?.shape[1] ?? weight.shape[1];
        ImmutableArray<RidgeMoments> moments = [.. rows.Select(r => RidgeMoments.Of(r, weight))];
        // In place: of a width of 3072 each matrix takes 75 MB.
        var gram = limit?.Matrix ?? eye(width, dtype: ScalarType.Float64).mul_(lambda);
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
        return new SystemSolution(cholesky_solve(missing, factor).t(), condition, (block, edited) => moments[block].SquaredResidual(edited) is { } square ? Math.Sqrt(square) : null);
    }
}
