using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What limits the change of a weight beside λ.</summary>
/// <param name="Covariance">C [d, d], float64, in the objective as tr(ΔW C ΔWᵀ): the second moment of ordinary text times its weight (MEMIT, Meng et al., 2023, section 4.2); null for none.</param>
/// <param name="HardKeys">Keys [h, d], float64, for which W gives what W₀ gives, by projection onto their null space (SPEED, ICLR 2026; AlphaEdit, Fang et al., 2025); null for none.</param>
public sealed record RidgeBounds(Tensor? Covariance, Tensor? HardKeys);

/// <summary>
/// The closed form behind the edits: the W that minimises Σᵢ wᵢ‖W kᵢ − vᵢ‖² + λ‖W − W₀‖² (Basu et al., 2024, eqs. 8 and 9; rows for what is
/// to be kept, with weights, as in UCE, Gandikota et al., 2024).
/// </summary>
public static class RidgeSystem
{
    /// <summary>
    /// Solves for W = W₀ + RᵀS⁻¹A with the rows A = √w kᵀ, R = √w (v − W₀k)ᵀ and S = λI + AAᵀ, by Cholesky factorisation in float64, never by
    /// an inverse. With more rows than the width d, or with a covariance, the same W comes from the d × d system λI + C + AᵀA. The result does
    /// not depend on the order of the rows.
    /// </summary>
    /// <param name="weight">W₀ [m, d], float64.</param>
    /// <param name="edit">What is to change; the residual is measured on it.</param>
    /// <param name="preserve">What is to stay; null for nothing.</param>
    /// <param name="lambda">λ &gt; 0.</param>
    /// <param name="bounds">What limits the change beside λ; null for nothing.</param>
    /// <exception cref="EditException">MG1003 when the numbers are not finite or the system cannot be solved, MG1006 when the hard keys leave no direction.</exception>
    public static RidgeSolution Solve(Tensor weight, Constraints edit, Constraints? preserve, double lambda, RidgeBounds? bounds = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Constraints[] rows = [.. new[] { edit, preserve }.OfType<Constraints>().Where(r => r.Weight > 0 && r.Count > 0)];
        var basis = bounds?.HardKeys is { } hard ? NullSpace.Basis(hard.index_select(0, tensor(new Constraints(hard, null, 1).CanonicalOrder()))) : null;
        var covariance = bounds?.Covariance is { } c ? basis is null ? c : matmul(matmul(basis.t(), c), basis) : null;
        var width = basis?.shape[1] ?? weight.shape[1];
        var isDual = covariance is null && rows.Sum(r => r.Count) < width;
        RidgeMoments[] moments = isDual ? [] : [.. rows.Select(r => RidgeMoments.Of(r, weight))];
        var (gram, factor, update) = isDual ? SolveDual(weight, rows, basis, lambda) : SolvePrimal(weight, rows.Zip(moments), basis, lambda, covariance);
        if (basis is not null) update = matmul(update, basis.t());
        // Matrices of this size have up to 13 MB; the change itself is not needed again.
        var edited = update.add_(weight);
        var ofEdit = Array.IndexOf(rows, edit);
        var residual = !isDual && ofEdit >= 0 && moments[ofEdit].SquaredResidual(edited) is { } square ? Math.Sqrt(square) : Residual(weight, edited, edit);
        // No eigenvalue is below λ; one that is computed so, or below 0, is rounding. With fewer rows than the width λ is one.
        var smallest = isDual ? lambda : Math.Max(ExtremeEigenvalues.Smallest(gram, factor), lambda);
        var largest = gram.shape[0] == 0 ? lambda : Math.Max(ExtremeEigenvalues.Largest(gram), lambda);
        return new RidgeSolution(edited.MoveToOuterDisposeScope(), largest / smallest, residual);
    }

    private static double Residual(Tensor before, Tensor after, Constraints rows)
    {
        var sorted = rows.InOrder(rows.CanonicalOrder());
        var targets = sorted.Values ?? matmul(sorted.Keys, before.t());
        return (matmul(sorted.Keys, after.t()) - targets).norm().item<double>() / Math.Max(targets.norm().item<double>(), double.Epsilon);
    }

    /// <summary>The system over the rows, and W − W₀ from it, in the directions of the basis.</summary>
    private static (Tensor Gram, Tensor Factor, Tensor Update) SolveDual(Tensor weight, Constraints[] rows, Tensor? basis, double lambda)
    {
        Constraints[] sorted = [.. rows.Select(r => r.InOrder(r.CanonicalOrder()))];
        var keys = cat([zeros([0, basis?.shape[1] ?? weight.shape[1]], dtype: ScalarType.Float64), .. sorted.Select(r => Math.Sqrt(r.Weight) * (basis is null ? r.Keys : matmul(r.Keys, basis)))]);
        var changes = cat([zeros([0, weight.shape[0]], dtype: ScalarType.Float64), .. sorted.Select(r => Math.Sqrt(r.Weight) * (r.Values is { } values ? values - matmul(r.Keys, weight.t()) : zeros([r.Count, weight.shape[0]], dtype: ScalarType.Float64)))]);
        var gram = (lambda * eye(keys.shape[0], dtype: ScalarType.Float64)) + matmul(keys, keys.t());
        RequireNumbers(gram, changes);
        if (keys.shape[0] == 0) return (gram, gram, zeros([weight.shape[0], keys.shape[1]], dtype: ScalarType.Float64));
        var factor = Factor(gram);
        return (gram, factor, matmul(cholesky_solve(changes, factor).t(), keys));
    }

    /// <summary>The system over the width, and W − W₀ from it, in the directions of the basis: a change that keeps the hard keys is orthogonal to them.</summary>
    private static (Tensor Gram, Tensor Factor, Tensor Update) SolvePrimal(Tensor weight, IEnumerable<(Constraints Rows, RidgeMoments Moments)> rows, Tensor? basis, double lambda, Tensor? covariance)
    {
        var width = basis?.shape[1] ?? weight.shape[1];
        // In place: of a width of 3072 each matrix takes 75 MB.
        var gram = covariance?.clone() ?? zeros([width, width], dtype: ScalarType.Float64);
        gram.diagonal().add_(lambda);
        var missing = zeros([width, weight.shape[0]], dtype: ScalarType.Float64);
        foreach (var (of, moments) in rows)
        {
            gram.add_(basis is null ? moments.Gram : matmul(matmul(basis.t(), moments.Gram), basis), alpha: of.Weight);
            if (of.Values is null) continue;
            using var own = moments.Missing(weight);
            missing.add_(basis is null ? own : matmul(basis.t(), own), alpha: of.Weight);
        }

        RequireNumbers(gram, missing);
        var factor = Factor(gram);
        return (gram, factor, cholesky_solve(missing, factor).t());
    }

    private static void RequireNumbers(params Tensor[] sums)
    {
        if (Array.TrueForAll(sums, s => s.isfinite().all().item<bool>())) return;
        throw new EditException("MG1003", "The keys or values of the edit are not finite. The base checkpoint's text encoder gives infinite or undefined states; check its weights.");
    }

    private static Tensor Factor(Tensor gram)
    {
        try
        {
            return linalg.cholesky(gram);
        }
        catch (ExternalException e)
        {
            throw new EditException("MG1003", $"The edit's system is not positive definite: {e.Message} Raise 'edit.lambda'.", e);
        }
    }
}
