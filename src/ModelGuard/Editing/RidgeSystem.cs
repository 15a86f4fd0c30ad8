using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>Rows of a ridge system that count alike.</summary>
/// <param name="Keys">Inputs of the weight, one a row [n, d], float64.</param>
/// <param name="Values">What it should give for them, one a row [n, m], float64; null for what W₀ gives.</param>
/// <param name="Weight">How much a row counts.</param>
public sealed record Constraints(Tensor Keys, Tensor? Values, double Weight);

/// <summary>
/// The closed form behind the edits: the W that minimises Σᵢ wᵢ‖W kᵢ − vᵢ‖² + λ‖W − W₀‖² (Basu et al., 2024, eqs. 8 and 9; rows for what is
/// to be kept, with weights, as in UCE, Gandikota et al., 2024).
/// </summary>
public static class RidgeSystem
{
    /// <summary>
    /// Solves for W = W₀ + RᵀS⁻¹A with the rows A = √w kᵀ, R = √w (v − W₀k)ᵀ and S = λI + AAᵀ, by Cholesky factorisation in float64, never by
    /// an inverse. With more rows than the width d the same W comes from the d × d system λI + AᵀA. The result does not depend on the order
    /// of the rows.
    /// </summary>
    /// <param name="weight">W₀ [m, d], float64.</param>
    /// <param name="edit">What is to change; the residual is measured on it.</param>
    /// <param name="preserve">What is to stay; null for nothing.</param>
    /// <param name="lambda">λ &gt; 0.</param>
    /// <exception cref="EditException">MG1003 when the numbers are not finite or the system cannot be solved.</exception>
    public static RidgeSolution Solve(Tensor weight, Constraints edit, Constraints? preserve, double lambda)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        edit = InCanonicalOrder(edit);
        Constraints[] rows = [.. new[] { edit, preserve is null ? null : InCanonicalOrder(preserve) }.OfType<Constraints>().Where(r => r.Weight > 0 && r.Keys.shape[0] > 0)];
        var width = weight.shape[1];
        var isDual = rows.Sum(r => r.Keys.shape[0]) < width;
        var (gram, update) = isDual ? SolveDual(weight, rows, lambda) : SolvePrimal(weight, rows, lambda);
        var spectrum = linalg.eigvalsh(gram);
        // Matrices of this size have up to 13 MB; the change itself is not needed again.
        var edited = update.add_(weight);
        var targets = edit.Values ?? matmul(edit.Keys, weight.t());
        var residual = (matmul(edit.Keys, edited.t()) - targets).norm().item<double>() / Math.Max(targets.norm().item<double>(), double.Epsilon);
        // No eigenvalue is below λ; one that is computed so, or below 0, is rounding. With fewer rows than the width λ is one.
        var smallest = isDual ? lambda : Math.Max(spectrum[0].item<double>(), lambda);
        var largest = spectrum.shape[0] == 0 ? lambda : Math.Max(spectrum[-1].item<double>(), lambda);
        return new RidgeSolution(edited.MoveToOuterDisposeScope(), largest / smallest, residual);
    }

    /// <summary>The system over the rows, and W − W₀ from it.</summary>
    private static (Tensor Gram, Tensor Update) SolveDual(Tensor weight, Constraints[] rows, double lambda)
    {
        var width = weight.shape[1];
        var keys = cat([zeros([0, width], dtype: ScalarType.Float64), .. rows.Select(r => Math.Sqrt(r.Weight) * r.Keys)]);
        var changes = cat([zeros([0, weight.shape[0]], dtype: ScalarType.Float64), .. rows.Select(r => Math.Sqrt(r.Weight) * Change(weight, r))]);
        var gram = (lambda * eye(keys.shape[0], dtype: ScalarType.Float64)) + matmul(keys, keys.t());
        RequireNumbers(gram, changes);
        return (gram, keys.shape[0] == 0 ? zeros_like(weight) : matmul(cholesky_solve(changes, Factor(gram)).t(), keys));
    }

    /// <summary>The system over the width, and W − W₀ from it.</summary>
    private static (Tensor Gram, Tensor Update) SolvePrimal(Tensor weight, Constraints[] rows, double lambda)
    {
        var gram = lambda * eye(weight.shape[1], dtype: ScalarType.Float64);
        var moment = zeros([weight.shape[1], weight.shape[0]], dtype: ScalarType.Float64);
        foreach (var r in rows)
        {
            gram += r.Weight * matmul(r.Keys.t(), r.Keys);
            if (r.Values is not null) moment += r.Weight * matmul(r.Keys.t(), Change(weight, r));
        }

        RequireNumbers(gram, moment);
        return (gram, cholesky_solve(moment, Factor(gram)).t());
    }

    /// <summary>What the rows ask to be added to what W₀ gives [n, m].</summary>
    private static Tensor Change(Tensor weight, Constraints rows) =>
        rows.Values is null ? zeros([rows.Keys.shape[0], weight.shape[0]], dtype: ScalarType.Float64) : rows.Values - matmul(rows.Keys, weight.t());

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
        catch (System.Runtime.InteropServices.ExternalException e)
        {
            throw new EditException("MG1003", $"The edit's system is not positive definite: {e.Message} Raise 'edit.lambda'.", e);
        }
    }

    // Sums of floating-point numbers depend on their order; sorted rows make the result independent of the order of a policy's concepts.
    private static Constraints InCanonicalOrder(Constraints rows)
    {
        ImmutableArray<(double[] Data, int Width)> columns = rows.Values is null ? [Read(rows.Keys)] : [Read(rows.Keys), Read(rows.Values)];
        var order = Enumerable.Range(0, checked((int)rows.Keys.shape[0])).Select(i => (long)i).ToArray();
        Array.Sort(order, (a, b) =>
        {
            foreach (var (data, width) in columns)
            {
                var result = data.AsSpan((int)a * width, width).SequenceCompareTo(data.AsSpan((int)b * width, width));
                if (result != 0) return result;
            }

            return 0;
        });
        var index = tensor(order, dtype: ScalarType.Int64);
        return rows with { Keys = rows.Keys.index_select(0, index), Values = rows.Values?.index_select(0, index) };

        static (double[] Data, int Width) Read(Tensor x)
        {
            using var dense = x.contiguous();
            return ([.. dense.data<double>()], checked((int)x.shape[1]));
        }
    }
}
