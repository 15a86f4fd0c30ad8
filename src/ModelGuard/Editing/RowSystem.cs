using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// The same system over its n rows, when they are fewer than the width: with P = λI + C = LLᵀ and Y = L⁻¹Aᵀ it is W − W₀ = Rᵀ(I + YᵀY)⁻¹YᵀL⁻¹
/// (Woodbury's identity; Golub and Van Loan, Matrix Computations, section 2.1.4). Of the width only P is factorised.
/// </summary>
internal static class RowSystem
{
    // Of what is nearer than this, rounding decides.
    private const double SmallestResidual = 1e-8;

    /// <inheritdoc cref="WidthSystem.Solve" />
    public static SystemSolution Solve(Tensor weight, Constraints[] rows, Tensor? basis, double lambda, RidgeLimit? limit)
    {
        var blocks = Array.ConvertAll(rows, r => Block.Of(r, weight, basis));
        var keys = Join(blocks, b => b.Keys, basis?.shape[1] ?? weight.shape[1]);
        var missing = Join(blocks, b => b.Missing, weight.shape[0]);
        RidgeSystem.RequireNumbers(keys, missing);
        if (keys.shape[0] == 0 && limit is null) return new SystemSolution(zeros([missing.shape[1], keys.shape[1]], dtype: ScalarType.Float64), 1, (_, _) => null);
        var (update, condition, unmet) = limit is null ? Solve(keys, missing, lambda) : Solve(keys, missing, lambda, limit);
        return new SystemSolution(update, condition, Residual);

        double? Residual(int block, Tensor edited)
        {
            if (blocks[block].Length is not { } length || length == 0) return null;
            using var scope = NewDisposeScope();
            var first = 0L;
            foreach (var before in blocks[..block]) first += before.Keys.shape[0];
            var own = unmet.narrow(0, first, blocks[block].Keys.shape[0]);
            var residual = own.norm().item<double>() / (Math.Sqrt(rows[block].Weight) * length);
            return residual > SmallestResidual ? residual : null;
        }
    }

    // A W − V of the solution comes along as the third: it is λ (AAᵀ + λI)⁻¹ R, up to its sign.
    private static (Tensor Update, double Condition, Tensor Unmet) Solve(Tensor keys, Tensor missing, double lambda)
    {
        var gram = matmul(keys, keys.t());
        gram.diagonal().add_(lambda);
        RidgeSystem.RequireNumbers(gram);
        var solved = cholesky_solve(missing, RidgeSystem.Factor(gram));
        // With fewer rows than the width λ is an eigenvalue, and none is below it.
        return (matmul(solved.t(), keys), Math.Max(ExtremeEigenvalues.Largest(gram), lambda) / lambda, lambda * solved);
    }

    // The same with (I + YᵀY)⁻¹ R, for A ΔWᵀ = YᵀY (I + YᵀY)⁻¹ R.
    private static (Tensor Update, double Condition, Tensor Unmet) Solve(Tensor keys, Tensor missing, double lambda, RidgeLimit limit)
    {
        if (limit.Factor is null) RidgeSystem.RequireNumbers(limit.Matrix);
        var factor = limit.Factor ?? RidgeSystem.Factor(limit.Matrix);
        var whitened = linalg.solve_triangular(factor, keys.t(), upper: false);
        var inner = matmul(whitened.t(), whitened);
        inner.diagonal().add_(1);
        var innerFactor = RidgeSystem.Factor(inner);
        var solved = cholesky_solve(missing, innerFactor);
        var update = matmul(solved.t(), linalg.solve_triangular(factor.t(), whitened, upper: true).t());
        return (update, ConditionNumber(), solved);

        double ConditionNumber()
        {
            var width = keys.shape[1];
            if (width <= ExtremeEigenvalues.Exact)
            {
                var spectrum = linalg.eigvalsh(limit.Matrix + matmul(keys.t(), keys));
                return Math.Max(spectrum[-1].item<double>(), lambda) / Math.Max(spectrum[0].item<double>(), lambda);
            }

            var largest = ExtremeEigenvalues.Largest(width, x => mv(limit.Matrix, x) + mv(keys.t(), mv(keys, x)));
            var inverse = ExtremeEigenvalues.Largest(width, x =>
            {
                var half = linalg.solve_triangular(factor, x.unsqueeze(1), upper: false);
                half -= matmul(whitened, cholesky_solve(matmul(whitened.t(), half), innerFactor));
                return linalg.solve_triangular(factor.t(), half, upper: true).squeeze(1);
            }, ExtremeEigenvalues.OfInverse);
            return Math.Max(largest, lambda) / Math.Max(1 / inverse, lambda);
        }
    }

    private static Tensor Join(Block[] blocks, Func<Block, Tensor> part, long width) => blocks switch
    {
        [] => zeros([0, width], dtype: ScalarType.Float64),
        [var only] => part(only),
        _ => cat([.. blocks.Select(part)]),
    };

    /// <summary>Rows in their canonical order.</summary>
    /// <param name="Keys">√w k [n, r].</param>
    /// <param name="Missing">√w (v − W₀ k) [n, m].</param>
    /// <param name="Length">‖V‖; null where the values are what W₀ gives.</param>
    private sealed record Block(Tensor Keys, Tensor Missing, double? Length)
    {
        public static Block Of(Constraints rows, Tensor weight, Tensor? basis)
        {
            // Copies, which may be overwritten.
            var sorted = rows.InOrder(rows.CanonicalOrder());
            var length = sorted.Values?.norm().item<double>();
            var missing = sorted.Values?.addmm_(sorted.Keys, weight.t(), 1, -1) ?? zeros([rows.Count, weight.shape[0]], dtype: ScalarType.Float64);
            var root = Math.Sqrt(rows.Weight);
            return new Block((basis is null ? sorted.Keys : matmul(sorted.Keys, basis)).mul_(root), missing.mul_(root), length);
        }
    }
}
