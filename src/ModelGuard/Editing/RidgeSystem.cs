using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// The closed form behind the edits: the weight that minimises
/// Σ‖W kᵢ − vᵢ‖² + μ Σ‖(W − W₀) pⱼ‖² + λ‖W − W₀‖² (Basu et al., 2024, eqs. 8 and 9; the middle term as in UCE, Gandikota et al., 2024).
/// </summary>
public static class RidgeSystem
{
    /// <summary>
    /// Solves for W = W₀ + (V − W₀K) Kᵀ (λI + KKᵀ + μPPᵀ)⁻¹ by Cholesky factorisation in float64, never by an inverse.
    /// </summary>
    /// <param name="weight">W₀ [m, d], float64.</param>
    /// <param name="keys">Keys, one a row [n, d], float64.</param>
    /// <param name="values">Targets, one a row [n, m], float64.</param>
    /// <param name="lambda">λ &gt; 0.</param>
    /// <param name="preserved">Keys whose outputs should stay, one a row [p, d], float64; null for none.</param>
    /// <param name="preserveWeight">μ ≥ 0.</param>
    /// <exception cref="EditException">MG1003 when the numbers are not finite or the system cannot be solved.</exception>
    public static RidgeSolution Solve(Tensor weight, Tensor keys, Tensor values, double lambda, Tensor? preserved = null, double preserveWeight = 0)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var order = CanonicalOrder(keys, values);
        var k = keys.index_select(0, order);
        var v = values.index_select(0, order);
        var gram = (lambda * eye(weight.shape[1], dtype: ScalarType.Float64)) + matmul(k.t(), k);
        if (preserved is not null && preserveWeight > 0)
        {
            var p = preserved.index_select(0, CanonicalOrder(preserved));
            gram += preserveWeight * matmul(p.t(), p);
        }

        if (!gram.isfinite().all().item<bool>() || !v.isfinite().all().item<bool>())
        {
            throw new EditException("MG1003", "The keys or values of the edit are not finite. The base checkpoint's text encoder gives infinite or undefined states; check its weights.");
        }

        var spectrum = linalg.eigvalsh(gram);
        var difference = v - matmul(k, weight.t());
        var factor = Factor(gram);
        var update = cholesky_solve(matmul(k.t(), difference), factor);
        var edited = weight + update.t();
        var residual = (matmul(k, edited.t()) - v).norm().item<double>() / Math.Max(v.norm().item<double>(), double.Epsilon);
        return new RidgeSolution(edited.MoveToOuterDisposeScope(), spectrum[-1].item<double>() / spectrum[0].item<double>(), residual);
    }

    private static Tensor Factor(Tensor gram)
    {
        try
        {
            return linalg.cholesky(gram);
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException)
        {
            throw new EditException("MG1003", $"The edit's system is not positive definite: {e.Message} Raise 'edit.lambda'.", e);
        }
    }

    // Sums of floating-point numbers depend on their order; sorted rows make the result independent of the order of the policy's concepts.
    private static Tensor CanonicalOrder(params ReadOnlySpan<Tensor> columns)
    {
        var rows = columns[0].shape[0];
        var data = new double[columns.Length][];
        for (var c = 0; c < columns.Length; c++) data[c] = [.. columns[c].contiguous().data<double>()];
        var order = Enumerable.Range(0, checked((int)rows)).Select(i => (long)i).ToArray();
        Array.Sort(order, (a, b) => Compare(data, rows, a, b));
        return tensor(order);
    }

    private static int Compare(double[][] data, long rows, long a, long b)
    {
        foreach (var column in data)
        {
            var width = checked((int)(column.Length / rows));
            var result = column.AsSpan(checked((int)a) * width, width).SequenceCompareTo(column.AsSpan(checked((int)b) * width, width));
            if (result != 0) return result;
        }

        return 0;
    }
}
