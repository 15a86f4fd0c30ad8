namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Timesteps by the three spacings of Lin et al. (2024), table 2, in the float64 arithmetic of numpy, which the reference uses: halves must round alike.</summary>
internal static class TimestepGrids
{
    /// <summary><paramref name="count"/> points from 0 to <paramref name="last"/>, ascending (numpy's <c>linspace</c>).</summary>
    public static double[] Linspace(double last, int count)
    {
        var step = count > 1 ? last / (count - 1) : 0;
        return [.. Enumerable.Range(0, count).Select(i => i > 0 && i == count - 1 ? last : i * step)];
    }

    /// <summary>Multiples of <paramref name="stride"/>, moved by the offset, ascending.</summary>
    public static double[] Leading(int stride, int count, int offset) => [.. Enumerable.Range(0, count).Select(i => (double)((i * stride) + offset))];

    /// <summary>From <paramref name="last"/> − 1 downwards in <paramref name="steps"/> equal steps of the whole training (numpy's <c>arange</c>), as far as they are above 0; descending.</summary>
    public static double[] Trailing(int last, int train, int steps)
    {
        // numpy takes the stride from the difference of the first two values, which rounds it.
        var stride = last - ((double)train / steps) - last;
        return [.. Enumerable.Range(0, steps).Select(i => last + (i * stride)).Where(t => t > 0).Select(t => Round(t) - 1)];
    }

    /// <summary>To the nearest whole number, halves to the even one.</summary>
    public static double Round(double value) => Math.Round(value, MidpointRounding.ToEven);
}
