using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>The directions that some keys leave free.</summary>
internal static class NullSpace
{
    // Eigenvalues are squares: keys that differ by less than 1e-6 of the longest are one.
    private const double Tolerance = 1e-12;

    /// <summary>An orthonormal basis [d, r] of what is orthogonal to all keys: ΔW Bᵀ k = 0 for each of them.</summary>
    /// <param name="keys">Keys [h, d], float64.</param>
    /// <exception cref="EditException">MG1006 when nothing is left.</exception>
    public static Tensor Basis(Tensor keys)
    {
        using var scope = NewDisposeScope();
        var (values, vectors) = linalg.eigh(matmul(keys.t(), keys));
        // Ascending; rounding can leave the smallest a little below 0.
        var free = values.le(Tolerance * Math.Max(values[-1].item<double>(), 0)).sum().item<long>();
        if (free == 0) throw new EditException("MG1006", FormattableString.Invariant($"The preserved names take up all {keys.shape[1]} directions of the edited weight, so that nothing can be edited without moving them. Choose 'preserve: soft', or preserve fewer names."));
        return vectors.narrow(1, 0, free).contiguous().MoveToOuterDisposeScope();
    }
}
