using System.Collections.Immutable;

namespace ModelGuard.Diffusion.Backend;

/// <summary>One case of the self-test: the largest error against float64, relative to the largest value.</summary>
/// <param name="Case">What was computed, for example <c>conv 3x3 24→24 forward</c>.</param>
/// <param name="Path">The way it was computed.</param>
/// <param name="RelativeError">Largest absolute difference ÷ largest absolute value; NaN counts as infinite.</param>
public sealed record ArithmeticCase(string Case, ConvolutionPath Path, double RelativeError);

/// <summary>What the arithmetic self-test found.</summary>
/// <param name="Path">The way that is used from now on.</param>
/// <param name="Tolerance">The relative error that a case may have.</param>
/// <param name="Cases">All cases that were run.</param>
public sealed record ArithmeticReport(ConvolutionPath Path, double Tolerance, ImmutableArray<ArithmeticCase> Cases)
{
    /// <summary>The worst case of each way in one line.</summary>
    public string Summary => string.Join(", ", Cases
        .GroupBy(c => c.Path)
        .Select(g => FormattableString.Invariant($"{g.Key}: worst relative error {g.Max(c => c.RelativeError):0.0e+0}")));
}
