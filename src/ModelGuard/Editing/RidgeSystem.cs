using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What limits the change of a weight beside λ.</summary>
/// <param name="Covariance">C [d, d], float64, in the objective as tr(ΔW C ΔWᵀ): the second moment of ordinary text times its weight (MEMIT, Meng et al., 2023, section 4.2); null for none.</param>
/// <param name="HardKeys">Keys [h, d], float64, for which W gives what W₀ gives, by projection onto their null space (SPEED, ICLR 2026; AlphaEdit, Fang et al., 2025); null for none.</param>
public sealed record RidgeBounds(Tensor? Covariance, Tensor? HardKeys)
{
    /// <summary>Whether nobody else needs <see cref="Covariance"/>, so that the solution may overwrite it.</summary>
    internal bool IsSpare { get; init; }

    /// <summary>λI + C where it was made before, in place of <see cref="Covariance"/>; without hard keys, whose directions it would have to be in.</summary>
    internal RidgeLimit? Limit { get; init; }
}

/// <summary>
/// The closed form behind the edits: the W that minimises Σᵢ wᵢ‖W kᵢ − vᵢ‖² + λ‖W − W₀‖² (Basu et al., 2024, eqs. 8 and 9; rows for what is
/// to be kept, with weights, as in UCE, Gandikota et al., 2024).
/// </summary>
public static class RidgeSystem
{
    /// <summary>
    /// Solves for W = W₀ + RᵀA(λI + C + AᵀA)⁻¹ with the rows A = √w kᵀ and R = √w (v − W₀k)ᵀ, by Cholesky factorisation in float64, never by
    /// an inverse: over the rows when there are fewer than the width d, else over the width. The result does not depend on the order of the
    /// rows.
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
        var limit = Limit(bounds, basis, lambda);
        var (update, condition, residualOf) = rows.Sum(r => r.Count) < (basis?.shape[1] ?? weight.shape[1])
            ? RowSystem.Solve(weight, rows, basis, lambda, limit)
            : WidthSystem.Solve(weight, rows, basis, lambda, limit);
        if (basis is not null) update = matmul(update, basis.t());
        // Matrices of this size have up to 13 MB; the change itself is not needed again.
        var edited = update.add_(weight);
        var ofEdit = Array.IndexOf(rows, edit);
        var residual = (ofEdit >= 0 ? residualOf(ofEdit, edited) : null) ?? Residual(weight, edited, edit);
        return new RidgeSolution(edited.MoveToOuterDisposeScope(), condition, residual);
    }

    /// <summary>λI + C in the directions of the basis; null without C.</summary>
    private static RidgeLimit? Limit(RidgeBounds? bounds, Tensor? basis, double lambda)
    {
        if (bounds?.Limit is { } made) return made;
        if (bounds?.Covariance is not { } covariance) return null;
        var limit = basis is not null ? matmul(matmul(basis.t(), covariance), basis) : bounds.IsSpare ? covariance : covariance.clone();
        limit.diagonal().add_(lambda);
        return new RidgeLimit(limit, null);
    }

    private static double Residual(Tensor before, Tensor after, Constraints rows)
    {
        var sorted = rows.InOrder(rows.CanonicalOrder());
        var targets = sorted.Values ?? matmul(sorted.Keys, before.t());
        return (matmul(sorted.Keys, after.t()) - targets).norm().item<double>() / Math.Max(targets.norm().item<double>(), double.Epsilon);
    }

    /// <summary>Whether all elements are finite: one that is not makes their sum so, and only a sum that overflows by itself needs a closer look.</summary>
    internal static bool AreNumbers(Tensor x) => double.IsFinite(x.sum().to(ScalarType.Float64).item<double>()) || x.isfinite().all().item<bool>();

    /// <exception cref="EditException">MG1003.</exception>
    internal static void RequireNumbers(params Tensor[] sums)
    {
        if (Array.TrueForAll(sums, AreNumbers)) return;
        throw new EditException("MG1003", "The keys or values of the edit are not finite. The base checkpoint's text encoder gives infinite or undefined states; check its weights.");
    }

    /// <summary>The lower Cholesky factor.</summary>
    /// <exception cref="EditException">MG1003.</exception>
    internal static Tensor Factor(Tensor gram)
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
