using ModelGuard.Policies;

namespace ModelGuard.Verdicts;

/// <summary>
/// Compares measurements with limits. The 95 % interval decides: wholly on the allowed side is a pass, wholly on the other a failure, and an
/// interval that straddles the limit is inconclusive, as is a gate that measured nothing. A sample that is looked at several times is judged at
/// the last look that it holds, by an interval that holds for all looks together.
/// </summary>
public static class GateJudge
{
    /// <summary>The verdict before waivers, with what was compared.</summary>
    public static (Verdict Verdict, double Statistic, Interval? Interval, string Explanation) Judge(Gate gate, Measurement measurement)
    {
        if (measurement.Count == 0) return (Verdict.Inconclusive, double.NaN, null, "Nothing was measured.");
        if (!measurement.Edited.Concat(measurement.Baseline).All(double.IsFinite)) return (Verdict.Inconclusive, double.NaN, null, "Some of the measured values are no numbers. The weights of the scorer may be damaged.");
        var isPaired = gate.Limit is LimitKind.MaxRatio or LimitKind.MinRatio or LimitKind.MaxDrop or LimitKind.MaxRelativeDrop;
        var reference = gate.Baseline is null ? "base" : "baseline";
        if (isPaired && measurement.Baseline.IsEmpty) return (Verdict.Inconclusive, double.NaN, null, $"The limit compares with the {reference}, which was not measured.");
        if (isPaired && measurement.Baseline.Length != measurement.Count) return (Verdict.Inconclusive, double.NaN, null, FormattableString.Invariant($"The limit compares pairs, and the {reference} was measured {measurement.Baseline.Length} times, the model {measurement.Count} times."));
        if (isPaired && gate.Limit != LimitKind.MaxDrop && !(measurement.BaselineValue > 0)) return (Verdict.Inconclusive, double.NaN, null, $"The {reference} scores 0 or less, so there is no ratio to it.");

        var (statistic, interval) = measurement.Ends.IsEmpty ? Evaluate(gate.Limit, measurement) : SequentialDesign.Evaluate(gate.Limit, measurement);
        if (interval is null) return (Verdict.Inconclusive, statistic, null, FormattableString.Invariant($"{measurement.Count} values bound nothing yet: they are fewer than two, or the score of the {reference} may be 0. More seeds or prompts would."));
        var allowsUp = AllowsUp(gate.Limit);
        var verdict = Compare(gate.Limit, gate.Value, interval);
        var text = FormattableString.Invariant($"{Name(gate.Limit, gate.Metric, reference)}{(measurement.Part is { } part ? $" of the probes '{part}'" : "")} is {statistic:0.000} (95 % interval {interval.Low:0.000} to {interval.High:0.000}, n = {measurement.Count}); the limit is {(allowsUp ? "at least" : "at most")} {gate.Value:0.###}.{Look(measurement)}");
        return (verdict, statistic, interval, verdict == Verdict.Inconclusive ? text + " The interval straddles the limit; more seeds or prompts would narrow it." : text);
    }

    /// <summary>Where an interval lies: wholly on the allowed side, wholly on the other, or on both.</summary>
    public static Verdict Compare(LimitKind limit, double value, Interval interval)
    {
        var isInside = AllowsUp(limit) ? interval.Low >= value : interval.High <= value;
        var isOutside = AllowsUp(limit) ? interval.High < value : interval.Low > value;
        return isInside ? Verdict.Pass : isOutside ? Verdict.Fail : Verdict.Inconclusive;
    }

    private static bool AllowsUp(LimitKind limit) => limit is LimitKind.Min or LimitKind.MinRatio;

    private static string Look(Measurement m) => m.Ends.IsEmpty ? "" : FormattableString.Invariant($" Look {m.Ends.Length} of {m.LookCount}, after {m.Count} of {m.Planned} planned; the interval holds for all looks together.");

    private static (double Statistic, Interval Interval) Evaluate(LimitKind limit, Measurement m)
    {
        return limit switch
        {
            LimitKind.MaxRatio or LimitKind.MinRatio => Paired((e, b) => e / Math.Max(b, 1e-12)),
            LimitKind.MaxDrop => Paired((e, b) => b - e),
            LimitKind.MaxRelativeDrop => Paired((e, b) => (b - e) / Math.Max(b, 1e-12)),
            _ when m.IsProportion => (m.Value, Statistics.Wilson(m.Edited.Count(v => v > 0.5), m.Count)),
            _ => (m.Value, Statistics.Bootstrap(m.Edited, m.Edited, (e, _) => e)),
        };

        (double, Interval) Paired(Func<double, double, double> statistic) => (statistic(m.Value, m.BaselineValue!.Value), Statistics.Bootstrap(m.Edited, m.Baseline, statistic));
    }

    private static string Name(LimitKind limit, string metric, string reference) => limit switch
    {
        LimitKind.MaxRatio or LimitKind.MinRatio => $"The ratio of {metric} to the {reference}'s",
        LimitKind.MaxDrop => $"The drop of {metric} below the {reference}'s",
        LimitKind.MaxRelativeDrop => $"The relative drop of {metric} below the {reference}'s",
        _ => char.ToUpperInvariant(metric[0]) + metric[1..],
    };
}
