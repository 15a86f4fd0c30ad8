using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>C, which holds ordinary text still, from the second moment of its keys.</summary>
internal static class TextCovariance
{
    private const double Shrinkage = 0.01;

    /// <summary>How much the moment weighs: as much as the rows of one name, so that among ten each is weighed against ordinary text as it is by itself.</summary>
    /// <param name="options">The policy's weight.</param>
    /// <param name="rows">Rows that are to change.</param>
    /// <param name="names">Names that they belong to.</param>
    public static double Weight(EditSection options, long rows, int names) => options.CovarianceWeight * rows / names;

    /// <summary>
    /// (1 − s) M + s (tr M ÷ d) I (Ledoit and Wolf, 2004) times a weight: a change in directions that no caption shows is not free either.
    /// Unlike λ, this follows the scale of the keys and the number of rows.
    /// </summary>
    /// <param name="moment">M [d, d], which becomes C.</param>
    /// <param name="weight">The weight.</param>
    public static Tensor Of(Tensor moment, double weight)
    {
        var mean = moment.diagonal().mean().item<double>();
        moment.mul_((1 - Shrinkage) * weight).diagonal().add_(Shrinkage * weight * mean);
        return moment;
    }
}
