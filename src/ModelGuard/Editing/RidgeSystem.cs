using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>Rows of a ridge system that count alike.</summary>
/// <param name="Keys">Inputs of the weight, one a row [n, d], float64.</param>
/// <param name="Values">What it should give for them, one a row [n, m], float64; null for what W₀ gives.</param>
/// <param name="Weight">How much a row counts.</param>
public sealed record Constraints(Tensor Keys, Tensor? Values, double Weight);

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
        edit = InCanonicalOrder(edit);
        Constraints[] rows = [.. new[] { edit, preserve is null ? null : InCanonicalOrder(preserve) }.OfType<Constraints>().Where(r => r.Weight > 0 && r.Keys.shape[0] > 0)];
        var basis = bounds?.HardKeys is { } hard ? NullSpace.Basis(InCanonicalOrder(new Constraints(hard, null, 1)).Keys) : null;
        Demand[] demands = [.. rows.Select(r => new Demand(Reduce(r.Keys), r.Values is null ? null : r.Values - matmul(r.Keys, weight.t()), r.Weight))];
        var covariance = bounds?.Covariance is { } c ? basis is null ? c : matmul(matmul(basis.t(), c), basis) : null;
        var (outputs, width) = (weight.shape[0], basis?.shape[1] ?? weight.shape[1]);
        var isDual = covariance is null && demands.Sum(r => r.Keys.shape[0]) < width;
        var (gram, factor, update) = isDual ? SolveDual(outputs, width, demands, lambda) : SolvePrimal(outputs, width, demands, lambda, covariance);
        if (basis is not null) update = matmul(update, basis.t());
        // Matrices of this size have up to 13 MB; the change itself is not needed again.
        var edited = update.add_(weight);
        var targets = edit.Values ?? matmul(edit.Keys, weight.t());
        var residual = (matmul(edit.Keys, edited.t()) - targets).norm().item<double>() / Math.Max(targets.norm().item<double>(), double.Epsilon);
        // No eigenvalue is below λ; one that is computed so, or below 0, is rounding. With fewer rows than the width λ is one.
        var smallest = isDual ? lambda : Math.Max(ExtremeEigenvalues.Smallest(gram, factor), lambda);
        var largest = gram.shape[0] == 0 ? lambda : Math.Max(ExtremeEigenvalues.Largest(gram), lambda);
        return new RidgeSolution(edited.MoveToOuterDisposeScope(), largest / smallest, residual);

        // A change that keeps the hard keys is one of the directions that are orthogonal to them.
        Tensor Reduce(Tensor keys) => basis is null ? keys : matmul(keys, basis);
    }

    /// <summary>The system over the rows, and W − W₀ from it.</summary>
    private static (Tensor Gram, Tensor Factor, Tensor Update) SolveDual(long outputs, long width, Demand[] rows, double lambda)
    {
        var keys = cat([zeros([0, width], dtype: ScalarType.Float64), .. rows.Select(r => Math.Sqrt(r.Weight) * r.Keys)]);
        var changes = cat([zeros([0, outputs], dtype: ScalarType.Float64), .. rows.Select(r => Math.Sqrt(r.Weight) * (r.Change ?? zeros([r.Keys.shape[0], outputs], dtype: ScalarType.Float64)))]);
        var gram = (lambda * eye(keys.shape[0], dtype: ScalarType.Float64)) + matmul(keys, keys.t());
        RequireNumbers(gram, changes);
        if (keys.shape[0] == 0) return (gram, gram, zeros([outputs, width], dtype: ScalarType.Float64));
        var factor = Factor(gram);
        return (gram, factor, matmul(cholesky_solve(changes, factor).t(), keys));
    }

    /// <summary>The system over the width, and W − W₀ from it.</summary>
    private static (Tensor Gram, Tensor Factor, Tensor Update) SolvePrimal(long outputs, long width, Demand[] rows, double lambda, Tensor? covariance)
    {
        // In place: of a width of 3072 each matrix takes 75 MB.
        var gram = covariance?.clone() ?? zeros([width, width], dtype: ScalarType.Float64);
        gram.diagonal().add_(lambda);
        var moment = zeros([width, outputs], dtype: ScalarType.Float64);
        foreach (var r in rows)
        {
            using var weighted = (r.Weight * r.Keys).t();
            gram.addmm_(weighted, r.Keys, 1, 1);
            if (r.Change is not null) moment.addmm_(weighted, r.Change, 1, 1);
        }

        RequireNumbers(gram, moment);
        var factor = Factor(gram);
        return (gram, factor, cholesky_solve(moment, factor).t());
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

    /// <summary>Keys [n, r] in the directions that may change, and what is to be added to what W₀ gives for them [n, m]; null for nothing.</summary>
    private sealed record Demand(Tensor Keys, Tensor? Change, double Weight);

    // Sums of floating-point numbers depend on their order; sorted rows make the result independent of the order of a policy's concepts.
    private static Constraints InCanonicalOrder(Constraints rows)
    {
        using var scope = NewDisposeScope();
        Tensor[] columns = [.. new[] { rows.Keys, rows.Values }.OfType<Tensor>().Select(x => x.contiguous())];
        var order = Enumerable.Range(0, checked((int)rows.Keys.shape[0])).Select(i => (long)i).ToArray();
        // The first element nearly always decides; asking a tensor for its memory takes longer than comparing.
        var lead = rows.Keys[TensorIndex.Colon, 0].contiguous().data<double>().ToArray();
        Array.Sort(order, (a, b) => lead[a].CompareTo(lead[b]) is not 0 and var first ? first : Array.ConvertAll(columns, c => Row(c, a).SequenceCompareTo(Row(c, b))).FirstOrDefault(c => c != 0));
        var index = tensor(order, dtype: ScalarType.Int64);
        return rows with { Keys = rows.Keys.index_select(0, index).MoveToOuterDisposeScope(), Values = rows.Values?.index_select(0, index).MoveToOuterDisposeScope() };

        // Of the tensor's own memory: copies of some thousand rows would count.
        static ReadOnlySpan<double> Row(Tensor x, long row) => MemoryMarshal.Cast<byte, double>(x.bytes).Slice(checked((int)(row * x.shape[1])), checked((int)x.shape[1]));
    }
}
