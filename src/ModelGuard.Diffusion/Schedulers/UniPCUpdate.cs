using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>The weights of a step of UniPC: of the latents, of the newest prediction, and of the differences of other predictions from it.</summary>
internal sealed record UniPCUpdate(double Sample, double Output, ImmutableArray<double> Differences)
{
    /// <summary>The weights of a step (Zhao et al., 2023, eq. 3 to 5 and 9).</summary>
    /// <param name="sigmas">σs: those of older predictions, from the last but one backwards, then of the newest, then of the step's end.</param>
    /// <param name="predictX0">Whether predictions are pictures, instead of noise.</param>
    /// <param name="isBh1">Whether B(h) is h, instead of e^h − 1.</param>
    /// <param name="correct">Whether the prediction at the step's end is known; its difference is the last one.</param>
    public static UniPCUpdate Of(ReadOnlySpan<float> sigmas, bool predictX0, bool isBh1, bool correct)
    {
        var (from, to) = ((double)sigmas[^2], (double)sigmas[^1]);
        var (signalFrom, signalTo) = (1 / Math.Sqrt((from * from) + 1), 1 / Math.Sqrt((to * to) + 1));
        // λ is -log σ. Predictions of the picture run backwards in it.
        var h = Math.Log(from) - Math.Log(to);
        var hh = predictX0 ? -h : h;
        var (scale, sample) = predictX0 ? (signalTo, to * signalTo / (from * signalFrom)) : (to * signalTo, signalTo / signalFrom);
        var growth = Expm1(hh);
        var b = isBh1 ? hh : growth;
        List<double> distances = [.. sigmas[..^2].ToArray().Select(s => (Math.Log(from) - Math.Log(s)) / h)];
        if (correct) distances.Add(1);
        var weights = Weights(distances, hh, growth, b);
        return new UniPCUpdate(sample, -scale * growth, [.. weights.Zip(distances, (w, d) => -scale * b * w / d)]);
    }

    /// <summary>Weights with which the differences integrate polynomials exactly; the paper's constant of ½ for a single one.</summary>
    private static double[] Weights(List<double> distances, double hh, double growth, double b)
    {
        var count = distances.Count;
        if (count == 0) return [];
        if (count == 1) return [0.5];
        var matrix = new double[count, count];
        var right = new double[count];
        var (phi, factorial) = ((growth / hh) - 1, 1.0);
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++) matrix[i, j] = Math.Pow(distances[j], i);
            right[i] = phi * factorial / b;
            factorial *= i + 2;
            phi = (phi / hh) - (1 / factorial);
        }

        using var scope = NewDisposeScope();
        return linalg.solve(tensor(matrix), tensor(right)).data<double>().ToArray();
    }

    private static double Expm1(double value) => Math.Abs(value) < 1e-3 ? value * (1 + (value / 2 * (1 + (value / 3 * (1 + (value / 4)))))) : Math.Exp(value) - 1;
}
