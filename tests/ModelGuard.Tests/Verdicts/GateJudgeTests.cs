using System.Collections.Immutable;
using CsCheck;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

public sealed class GateJudgeTests
{
    // Edited: mean 0.4 exactly, so the interval of a constant has no width; the spread ones lie around it.
    private static readonly ImmutableArray<double> Constant = [.. Enumerable.Repeat(0.4, 20)];
    private static readonly ImmutableArray<double> Spread = [.. Enumerable.Range(0, 20).Select(i => 0.3 + (i % 2 * 0.2))];
    private static readonly ImmutableArray<double> Base = [.. Enumerable.Repeat(0.8, 20)];

    [Theory]
    [InlineData(LimitKind.Max, 0.5, Verdict.Pass)]
    [InlineData(LimitKind.Max, 0.4, Verdict.Inconclusive)]
    [InlineData(LimitKind.Max, 0.3, Verdict.Fail)]
    [InlineData(LimitKind.Min, 0.3, Verdict.Pass)]
    [InlineData(LimitKind.Min, 0.4, Verdict.Inconclusive)]
    [InlineData(LimitKind.Min, 0.5, Verdict.Fail)]
    [InlineData(LimitKind.MaxRatio, 0.6, Verdict.Pass)]
    [InlineData(LimitKind.MaxRatio, 0.5, Verdict.Inconclusive)]
    [InlineData(LimitKind.MaxRatio, 0.4, Verdict.Fail)]
    [InlineData(LimitKind.MinRatio, 0.4, Verdict.Pass)]
    [InlineData(LimitKind.MinRatio, 0.5, Verdict.Inconclusive)]
    [InlineData(LimitKind.MinRatio, 0.6, Verdict.Fail)]
    [InlineData(LimitKind.MaxDrop, 0.5, Verdict.Pass)]
    [InlineData(LimitKind.MaxDrop, 0.4, Verdict.Inconclusive)]
    [InlineData(LimitKind.MaxDrop, 0.3, Verdict.Fail)]
    [InlineData(LimitKind.MaxRelativeDrop, 0.6, Verdict.Pass)]
    [InlineData(LimitKind.MaxRelativeDrop, 0.5, Verdict.Inconclusive)]
    [InlineData(LimitKind.MaxRelativeDrop, 0.4, Verdict.Fail)]
    public void The_whole_interval_decides(LimitKind limit, double value, Verdict expected)
    {
        var (verdict, _, interval, explanation) = GateJudge.Judge(Some.Gate(limit, value), new Measurement("clip-score", false, Spread, Base));

        Assert.Equal(expected, verdict);
        Assert.True(interval!.Low < interval.High);
        Assert.Equal(expected == Verdict.Inconclusive, explanation.Contains("straddles the limit", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(LimitKind.Max, 0.4)]
    [InlineData(LimitKind.Min, 0.4)]
    [InlineData(LimitKind.MaxRatio, 0.5)]
    [InlineData(LimitKind.MinRatio, 0.5)]
    [InlineData(LimitKind.MaxDrop, 0.4)]
    [InlineData(LimitKind.MaxRelativeDrop, 0.5)]
    public void The_limit_itself_is_allowed(LimitKind limit, double value)
    {
        var measurement = new Measurement("clip-score", false, Constant, Base);
        var (_, statistic, interval, _) = GateJudge.Judge(Some.Gate(limit, value), measurement);
        Assert.Equal(value, statistic, 12);
        var (atLimit, below) = (interval!.High, Math.BitDecrement(interval.High));
        if (limit is LimitKind.Min or LimitKind.MinRatio) (atLimit, below) = (interval.Low, Math.BitIncrement(interval.Low));

        Assert.Equal(Verdict.Pass, GateJudge.Judge(Some.Gate(limit, atLimit), measurement).Verdict);
        Assert.NotEqual(Verdict.Pass, GateJudge.Judge(Some.Gate(limit, below), measurement).Verdict);
    }

    [Fact]
    public void What_cannot_be_paired_is_inconclusive()
    {
        var (verdict, _, interval, explanation) = GateJudge.Judge(Some.Gate(LimitKind.MaxDrop, 1), new Measurement("clip-score", false, Spread, Base[1..]));

        Assert.Equal((Verdict.Inconclusive, null, "The limit compares pairs, and the base was measured 19 times, the model 20 times."), (verdict, interval, explanation));
    }

    [Theory]
    [InlineData(LimitKind.Max, 0, 40, 0.1, Verdict.Pass)]
    [InlineData(LimitKind.Max, 0, 20, 0.1, Verdict.Inconclusive)]
    [InlineData(LimitKind.Max, 20, 40, 0.1, Verdict.Fail)]
    [InlineData(LimitKind.Min, 40, 40, 0.9, Verdict.Pass)]
    [InlineData(LimitKind.Min, 20, 20, 0.9, Verdict.Inconclusive)]
    [InlineData(LimitKind.Min, 20, 40, 0.9, Verdict.Fail)]
    public void A_share_is_judged_by_wilsons_interval(LimitKind limit, int successes, int n, double value, Verdict expected)
    {
        ImmutableArray<double> pictures = [.. Enumerable.Range(0, n).Select(i => i < successes ? 1.0 : 0)];

        var (verdict, statistic, interval, _) = GateJudge.Judge(Some.Gate(limit, value, metric: "recognition"), new Measurement("recognition", true, pictures, []));

        Assert.Equal(expected, verdict);
        Assert.Equal((double)successes / n, statistic);
        Assert.Equal(Statistics.Wilson(successes, n), interval);
    }

    [Theory]
    [InlineData(LimitKind.Max)]
    [InlineData(LimitKind.Min)]
    [InlineData(LimitKind.MaxRatio)]
    [InlineData(LimitKind.MinRatio)]
    [InlineData(LimitKind.MaxDrop)]
    public void Nothing_measured_is_inconclusive_whatever_the_limit(LimitKind limit)
    {
        var (verdict, statistic, interval, explanation) = GateJudge.Judge(Some.Gate(limit, limit is LimitKind.Min or LimitKind.MinRatio ? -1000 : 1000), new Measurement("clip-score", false, [], []));

        Assert.Equal((Verdict.Inconclusive, double.NaN, (Interval?)null, "Nothing was measured."), (verdict, statistic, interval, explanation));
    }

    [Theory]
    [InlineData(LimitKind.MaxRatio)]
    [InlineData(LimitKind.MinRatio)]
    [InlineData(LimitKind.MaxDrop)]
    public void A_comparison_without_a_base_is_inconclusive(LimitKind limit)
    {
        var (verdict, _, interval, explanation) = GateJudge.Judge(Some.Gate(limit, limit == LimitKind.MinRatio ? -1000 : 1000), new Measurement("clip-score", false, Constant, []));

        Assert.Equal((Verdict.Inconclusive, (Interval?)null), (verdict, interval));
        Assert.Contains("which was not measured", explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LimitKind.MaxRatio, 0.0, Verdict.Inconclusive)]
    [InlineData(LimitKind.MinRatio, 0.0, Verdict.Inconclusive)]
    [InlineData(LimitKind.MaxRatio, -0.2, Verdict.Inconclusive)]
    [InlineData(LimitKind.MinRatio, -0.2, Verdict.Inconclusive)]
    [InlineData(LimitKind.MaxDrop, 0.0, Verdict.Pass)]
    [InlineData(LimitKind.MaxDrop, -0.2, Verdict.Pass)]
    public void There_is_no_ratio_to_a_base_of_nothing_but_a_drop_below_it(LimitKind limit, double baseValue, Verdict expected) => Assert.Equal(
        expected, GateJudge.Judge(Some.Gate(limit, limit == LimitKind.MinRatio ? -1000 : 1000), new Measurement("clip-score", false, Constant, [.. Enumerable.Repeat(baseValue, 20)])).Verdict);

    [Fact]
    public void Numbers_that_are_none_are_never_a_pass() =>
        Assert.Equal(Verdict.Inconclusive, GateJudge.Judge(Some.Gate(LimitKind.Max, 1000), new Measurement("clip-score", false, [double.NaN, 0.1], [])).Verdict);

    [Fact]
    public void A_stricter_limit_is_never_a_better_verdict() =>
        Gen.Select(Gen.Double[0, 1].Array[3, 30], Gen.Enum<LimitKind>(), Gen.Double[-1, 2], Gen.Double[0, 1]).Sample(
            (values, limit, value, more) =>
            {
                var measurement = new Measurement("clip-score", false, [.. values], [.. values.Select(v => 1 - (v / 2))]);
                var strict = limit is LimitKind.Min or LimitKind.MinRatio ? value + more : value - more;

                Assert.True(Rank(limit, strict) <= Rank(limit, value));

                int Rank(LimitKind kind, double at) => GateJudge.Judge(Some.Gate(kind, at), measurement).Verdict switch
                {
                    Verdict.Pass => 2,
                    Verdict.Inconclusive => 1,
                    _ => 0,
                };
            },
            iter: 200);

    [Fact]
    public void The_explanation_names_value_interval_number_and_limit() => Assert.Equal(
        "The drop of clip-score below the base's is 0.400 (95 % interval 0.400 to 0.400, n = 20); the limit is at most 0.45.",
        GateJudge.Judge(Some.Gate(LimitKind.MaxDrop, 0.45), new Measurement("clip-score", false, Constant, Base)).Explanation);
}
