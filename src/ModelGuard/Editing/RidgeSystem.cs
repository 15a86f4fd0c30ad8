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
    /// Solves for W = W₀ + Σ w (v − W₀k) kᵀ (λI + Σ w kkᵀ)⁻¹ by Cholesky factorisation in float64, never by an inverse. The result does not
    /// depend on the order of the rows.
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
        var gram = lambda * eye(weight.shape[1], dtype: ScalarType.Float64);
        var moment = zeros([weight.shape[1], weight.shape[0]], dtype: ScalarType.Float64);
        edit = InCanonicalOrder(edit);
        foreach (var (k, v, w) in new[] { edit, preserve is null ? null : InCanonicalOrder(preserve) }.OfType<Constraints>().Where(r => r.Weight > 0 && r.Keys.shape[0] > 0))
        {
            gram += w * matmul(k.t(), k);
            if (v is not null) moment += w * matmul(k.t(), v - matmul(k, weight.t()));
        }

        if (!gram.isfinite().all().item<bool>() || !moment.isfinite().all().item<bool>())
        {
            throw new EditException("MG1003", "The keys or values of the edit are not finite. The base checkpoint's text encoder gives infinite or undefined states; check its weights.");
        }

        var spectrum = linalg.eigvalsh(gram);
        var update = cholesky_solve(moment, Factor(gram));
        var edited = weight + update.t();
        var targets = edit.Values ?? matmul(edit.Keys, weight.t());
        var residual = (matmul(edit.Keys, edited.t()) - targets).norm().item<double>() / Math.Max(targets.norm().item<double>(), double.Epsilon);
        // No eigenvalue is below λ; one that is computed so, or below 0, is rounding.
        var smallest = Math.Max(spectrum[0].item<double>(), lambda);
        return new RidgeSolution(edited.MoveToOuterDisposeScope(), spectrum[-1].item<double>() / smallest, residual);
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
