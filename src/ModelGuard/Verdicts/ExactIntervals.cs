namespace ModelGuard.Verdicts;

/// <summary>Intervals that miss the truth at most as often as they say at any level, which looks at unfinished samples need: there the level is far beyond 95 %.</summary>
internal static class ExactIntervals
{
    /// <summary>The interval of a proportion by Clopper and Pearson (1934), exact for every number of observations.</summary>
    /// <param name="successes">Successes.</param>
    /// <param name="n">Observations.</param>
    /// <param name="alpha">How often it may miss, both sides together.</param>
    public static Interval Proportion(int successes, int n, double alpha) => new(
        successes == 0 ? 0 : IncompleteBeta.Inverse(alpha / 2, successes, n - successes + 1),
        successes == n ? 1 : IncompleteBeta.Inverse(1 - (alpha / 2), successes + 1, n - successes));

    /// <summary>Student's interval of a mean, exact for normal values; null for fewer than two.</summary>
    public static Interval? Mean(IReadOnlyList<double> values, double alpha)
    {
        if (values.Count < 2) return null;
        var mean = values.Average();
        var half = Student(alpha, values.Count - 1) * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count);
        return new Interval(mean - half, mean + half);
    }

    /// <summary>
    /// Fieller's interval (1954) of the ratio of two means of pairs, exact for normal values: all r for which the mean of e − r b may be 0.
    /// </summary>
    /// <returns>Null where it is not bounded: the second mean is not distinguished from 0.</returns>
    public static Interval? Ratio(IReadOnlyList<double> numerators, IReadOnlyList<double> denominators, double alpha)
    {
        var n = numerators.Count;
        if (n < 2) return null;
        var (e, b) = (numerators.Average(), denominators.Average());
        var scale = Math.Pow(Student(alpha, n - 1), 2) / (n - 1) / n;
        var (ee, bb, eb) = (0.0, 0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            ee += (numerators[i] - e) * (numerators[i] - e);
            bb += (denominators[i] - b) * (denominators[i] - b);
            eb += (numerators[i] - e) * (denominators[i] - b);
        }

        // (e − r b)² ≤ scale · (ee − 2 r eb + r² bb), a quadratic in r.
        var (square, linear, constant) = ((b * b) - (scale * bb), (e * b) - (scale * eb), (e * e) - (scale * ee));
        if (!(square > 0)) return null;
        var root = Math.Sqrt(Math.Max(0, (linear * linear) - (square * constant)));
        return new Interval((linear - root) / square, (linear + root) / square);
    }

    /// <summary>The difference b − e of two proportions of pairs: both shares of pairs that disagree, each by Clopper and Pearson at half of what may be missed.</summary>
    public static Interval Difference(IReadOnlyList<double> edited, IReadOnlyList<double> baseline, double alpha)
    {
        var lost = Proportion(edited.Zip(baseline).Count(p => p.First < p.Second), edited.Count, alpha / 2);
        var won = Proportion(edited.Zip(baseline).Count(p => p.First > p.Second), edited.Count, alpha / 2);
        return new Interval(lost.Low - won.High, lost.High - won.Low);
    }

    /// <summary>The ratio of two proportions, each by Clopper and Pearson at half of what may be missed; null where the second may be 0.</summary>
    public static Interval? RatioOfProportions(int edited, int baseline, int n, double alpha)
    {
        var (e, b) = (Proportion(edited, n, alpha / 2), Proportion(baseline, n, alpha / 2));
        return b.Low > 0 ? new Interval(e.Low / b.High, e.High / b.Low) : null;
    }

    /// <summary>The t that Student's distribution exceeds on both sides together with a probability.</summary>
    internal static double Student(double alpha, int degrees)
    {
        var x = IncompleteBeta.Inverse(alpha, degrees / 2.0, 0.5);
        return Math.Sqrt(degrees * (1 - x) / x);
    }
}
