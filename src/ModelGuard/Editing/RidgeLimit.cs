using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>P = λI + C: all of a system that does not depend on its rows, so that it can be made, and factorised, while these are read.</summary>
/// <param name="Matrix">P [d, d], float64.</param>
/// <param name="Factor">Its lower Cholesky factor [d, d]; null where it was not needed so far.</param>
internal sealed record RidgeLimit(Tensor Matrix, Tensor? Factor) : IDisposable
{
    /// <summary>P with its factor.</summary>
    /// <param name="covariance">C [d, d], float64, which is overwritten.</param>
    /// <param name="lambda">λ.</param>
    /// <exception cref="EditException">MG1003.</exception>
    public static RidgeLimit Factorised(Tensor covariance, double lambda)
    {
        covariance.diagonal().add_(lambda);
        RidgeSystem.RequireNumbers(covariance);
        return new RidgeLimit(covariance, RidgeSystem.Factor(covariance));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Matrix.Dispose();
        Factor?.Dispose();
    }
}
