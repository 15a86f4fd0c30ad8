using ModelGuard.Policies;

namespace ModelGuard.Verdicts;

/// <summary>
/// A sample that is looked at before it is complete. Of the 5 % that all intervals of a gate may miss together, the looks spend 5 % · t³ up to
/// the share t of the sample (Kim and DeMets, 1987; Lan and DeMets, 1983), and each interval misses at most with what its own look adds. By
/// the union bound all of them hold at once in 95 % of samples, whatever the looks have in common: they are repeated confidence intervals
/// (Jennison and Turnbull, 1989), and the first one on one side of the limit may decide.
/// </summary>
public static class SequentialDesign
{
    /// <summary>How often a gate may decide wrongly, all looks together.</summary>
    public const double ErrorRate = 0.05;

    /// <summary>What a look may miss.</summary>
    /// <param name="before">The share of the sample at the look before; 0 for none.</param>
    /// <param name="now">The share at this look.</param>
    public static double Spent(double before, double now) => ErrorRate * (Math.Pow(now, 3) - Math.Pow(before, 3));

    /// <summary>How many of the seeds are drawn at the end of a look.</summary>
    /// <param name="look">Which, from 1.</param>
    /// <param name="looks">Of how many.</param>
    /// <param name="seeds">Number of seeds.</param>
    public static int SeedsAt(int look, int looks, int seeds) => ((look * seeds) + looks - 1) / looks;

    /// <summary>The statistic and its interval at the last look of a measurement.</summary>
    /// <returns>A null interval where none is bounded.</returns>
    internal static (double Statistic, Interval? Interval) Evaluate(LimitKind limit, Measurement m)
    {
        var (planned, ends) = ((double)m.Planned, m.Ends);
        var alpha = Spent(ends.Length > 1 ? ends[^2] / planned : 0, ends[^1] / planned);
        var interval = m.IsProportion || ends[^1] == m.Planned ? Interval(limit, m, alpha) : Cautious(limit, m, alpha);
        var statistic = limit switch
        {
            LimitKind.MaxRatio or LimitKind.MinRatio => m.Value / m.BaselineValue!.Value,
            LimitKind.MaxDrop => m.BaselineValue!.Value - m.Value,
            LimitKind.MaxRelativeDrop => 1 - (m.Value / m.BaselineValue!.Value),
            _ => m.Value,
        };
        return (statistic, interval);
    }

    /// <summary>
    /// An interval of a mean before the last look. Student's is exact for normal values, and few values do not show that there are rare ones far
    /// from all others. So it takes half of what may be missed, and for the other half allows for what was not seen: the share of pictures
    /// beyond the largest value is at most 1 − (α/4)^(1/n) (Wilks, 1941), and such a picture is taken to be as far beyond as the most different
    /// ones are apart.
    /// </summary>
    private static Interval? Cautious(LimitKind limit, Measurement m, double alpha)
    {
        if (Interval(limit, m, alpha / 2) is not { } seen) return null;
        var spread = m.Edited.Concat(m.Baseline).Max() - m.Edited.Concat(m.Baseline).Min();
        var unseen = (1 - Math.Pow(alpha / 4, 1.0 / m.Count)) * spread / (limit is LimitKind.Max or LimitKind.Min or LimitKind.MaxDrop ? 1 : m.BaselineValue!.Value);
        return new Interval(seen.Low - unseen, seen.High + unseen);
    }

    private static Interval? Interval(LimitKind limit, Measurement m, double alpha)
    {
        switch (limit)
        {
            case LimitKind.MaxRatio or LimitKind.MinRatio:
                return m.IsProportion ? ExactIntervals.RatioOfProportions(Hits(m.Edited), Hits(m.Baseline), m.Count, alpha) : ExactIntervals.Ratio(m.Edited, m.Baseline, alpha);
            case LimitKind.MaxRelativeDrop:
                return Interval(LimitKind.MaxRatio, m, alpha) is { } ratio ? new Interval(1 - ratio.High, 1 - ratio.Low) : null;
            case LimitKind.MaxDrop:
                return m.IsProportion ? ExactIntervals.Difference(m.Edited, m.Baseline, alpha) : ExactIntervals.Mean([.. m.Baseline.Zip(m.Edited, (b, e) => b - e)], alpha);
            default:
                return m.IsProportion ? ExactIntervals.Proportion(Hits(m.Edited), m.Count, alpha) : ExactIntervals.Mean(m.Edited, alpha);
        }

        static int Hits(IEnumerable<double> values) => values.Count(v => v > 0.5);
    }
}
