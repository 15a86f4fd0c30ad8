namespace ModelGuard.Verdicts;

/// <summary>Intervals for what gates measure. Pure and seeded: the same numbers give the same interval.</summary>
public static class Statistics
{
    private const double Z = 1.959963984540054;
    private const int Resamples = 4000;
    private const ulong BootstrapSeed = 0x5EED;

    /// <summary>Wilson's score interval of a proportion (Wilson, 1927); sensible at 0 and 1, where the normal interval has no width.</summary>
    public static Interval Wilson(int successes, int n)
    {
        if (n <= 0) throw new ArgumentOutOfRangeException(nameof(n), n, "A proportion needs at least one observation.");
        double p = (double)successes / n, z2 = Z * Z;
        var center = (p + (z2 / (2 * n))) / (1 + (z2 / n));
        var half = Z / (1 + (z2 / n)) * Math.Sqrt((p * (1 - p) / n) + (z2 / (4.0 * n * n)));
        return new Interval(successes == 0 ? 0 : Math.Max(0, center - half), successes == n ? 1 : Math.Min(1, center + half));
    }

    /// <summary>Percentile bootstrap (Efron, 1979) of a statistic of paired observations: pairs are drawn together, so that what prompt and seed have in common cancels.</summary>
    /// <param name="edited">Values of the edited model.</param>
    /// <param name="baseline">Values of the base for the same prompts and seeds.</param>
    /// <param name="statistic">Mean of the edited, mean of the base → statistic.</param>
    public static Interval Bootstrap(IReadOnlyList<double> edited, IReadOnlyList<double> baseline, Func<double, double, double> statistic) =>
        Bootstrap([edited, baseline], means => statistic(means[0], means[1]));

    /// <summary>The same for any number of values that belong together, for example a run's clean, corrupted and restored score.</summary>
    /// <param name="columns">Values of the same observations, one list for each quantity.</param>
    /// <param name="statistic">Means of the columns → statistic.</param>
    public static Interval Bootstrap(IReadOnlyList<IReadOnlyList<double>> columns, Func<double[], double> statistic)
    {
        var count = columns[0].Count;
        if (count == 0 || columns.Any(c => c.Count != count)) throw new ArgumentException("Paired observations must be as many on all sides, and at least one.", nameof(columns));
        var random = new SplitMix64(BootstrapSeed);
        var values = new double[Resamples];
        for (var r = 0; r < Resamples; r++)
        {
            var means = new double[columns.Count];
            for (var i = 0; i < count; i++)
            {
                var pick = random.Next(count);
                for (var c = 0; c < means.Length; c++) means[c] += columns[c][pick];
            }

            for (var c = 0; c < means.Length; c++) means[c] /= count;
            values[r] = statistic(means);
        }

        Array.Sort(values);
        return new Interval(values[(int)(0.025 * Resamples)], values[(int)(0.975 * Resamples) - 1]);
    }
}
