using System.Collections.Immutable;
using ModelGuard.Editing;

namespace ModelGuard.Fingerprints;

/// <summary>
/// A few numbers in place of thousands: states in fixed directions of random signs, whose distances are those of the states but for chance
/// (Johnson and Lindenstrauss, 1984; signs as in Achlioptas, 2003). Each state is first brought to unit mean square, so a number is about 1 in
/// size, and a difference is a fraction of the state whatever the model's scale.
/// </summary>
internal static class StateSketch
{
    /// <summary>Numbers for each prompt.</summary>
    public const int Size = 8;

    // Far coarser than float64 on other processors or threads (1e-12), far finer than what an edit does (1e-2).
    private const int Decimals = 4;

    /// <summary>The sketch of each prompt, over the states behind the begin token up to the end token.</summary>
    /// <param name="prompts">The prompts, behind some layer, float64.</param>
    /// <param name="ends">Position of each prompt's end token.</param>
    public static ImmutableArray<ImmutableArray<double>> Of(KeyReader prompts, ImmutableArray<int> ends)
    {
        using var states = prompts.State();
        var (positions, width) = (checked((int)states.shape[1]), checked((int)states.shape[2]));
        var data = states.data<double>().ToArray();
        var signs = Enumerable.Range(0, positions).Select(p => Signs(p, width)).ToArray();
        return [.. ends.Select((end, prompt) => Sketch(data.AsSpan(prompt * positions * width, positions * width), width, end, signs))];
    }

    private static ImmutableArray<double> Sketch(ReadOnlySpan<double> states, int width, int end, double[][] signs)
    {
        var sums = new double[Size];
        // The begin token is the same in every prompt, and no edit moves it.
        for (var position = 1; position <= end; position++)
        {
            var state = states.Slice(position * width, width);
            var square = 0.0;
            foreach (var x in state) square += x * x;
            var scale = 1 / Math.Sqrt(square * end);
            for (var i = 0; i < Size; i++)
            {
                var sum = 0.0;
                for (var c = 0; c < width; c++) sum += signs[position][(i * width) + c] * state[c];
                sums[i] += sum * scale;
            }
        }

        // Negative zero would be another text in a report.
        return [.. sums.Select(s => Math.Round(s, Decimals) + 0.0)];
    }

    private static double[] Signs(int position, int width)
    {
        var random = new SplitMix64((ulong)position);
        return [.. Enumerable.Range(0, Size * width).Select(_ => random.Next(2) == 0 ? -1.0 : 1.0)];
    }
}
