using ModelGuard.Auditing;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

/// <summary>
/// How often gates decide wrongly where that is easiest: at the limit itself, where a true value just beyond would make every pass a false one
/// and a true value just within every failure. The seeds are fixed, so the counts are always the same.
/// </summary>
public sealed class GateErrorRateTests
{
    private const int Trials = 1000;

    /// <summary>Looks at a share that is exactly the limit.</summary>
    [Theory]
    [InlineData(0.05, 76, 1)]
    [InlineData(0.05, 400, 1)]
    [InlineData(0.1, 60, 1)]
    [InlineData(0.5, 40, 1)]
    [InlineData(0.9, 36, 1)]
    [InlineData(0.05, 400, 4)]
    [InlineData(0.1, 200, 10)]
    [InlineData(0.5, 40, 4)]
    [InlineData(0.9, 100, 5)]
    public void Of_shares_at_the_limit_at_most_five_in_a_hundred_pass_and_as_many_fail(double limit, int n, int looks) =>
        AssertRare(LimitKind.Max, limit, n, looks, true, random => (random.NextDouble() < limit ? 1 : 0, 0), $"share {limit}");

    /// <summary>Looks at scores whose mean, drop or ratio is exactly the limit: normal ones, and skewed ones of pictures that mostly agree.</summary>
    [Theory]
    [InlineData(LimitKind.Max, 0.3, 12, 1, false)]
    [InlineData(LimitKind.MaxDrop, 0.02, 12, 1, false)]
    [InlineData(LimitKind.MaxRatio, 0.8, 24, 1, false)]
    [InlineData(LimitKind.Max, 0.3, 40, 4, false)]
    [InlineData(LimitKind.MaxDrop, 0.02, 12, 4, false)]
    [InlineData(LimitKind.MaxDrop, 0.02, 120, 4, true)]
    [InlineData(LimitKind.MaxRatio, 0.8, 76, 4, false)]
    [InlineData(LimitKind.MaxRelativeDrop, 0.1, 76, 4, false)]
    public void Of_scores_at_the_limit_at_most_five_in_a_hundred_pass_and_as_many_fail(LimitKind limit, double value, int n, int looks, bool isSkewed) =>
        AssertRare(limit, value, n, looks, false, random => Pair(limit, value, isSkewed, random), $"{limit} {value}{(isSkewed ? ", skewed" : "")}");

    // What docs/metrics.md says of means: rare large losses are missed more often than stated by a small fixed sample.
    [Fact]
    public void Of_skewed_scores_a_small_fixed_sample_passes_at_most_ten_in_a_hundred() =>
        AssertRare(LimitKind.MaxDrop, 0.02, 40, 1, false, random => Pair(LimitKind.MaxDrop, 0.02, true, random), "MaxDrop 0.02, skewed", 0.1);

    [Theory]
    [InlineData(LimitKind.MaxDrop, 0.1, 60, 6)]
    [InlineData(LimitKind.MaxRatio, 0.8, 120, 6)]
    public void Pairs_of_recognition_at_the_limit_are_decided_wrongly_as_rarely(LimitKind limit, double value, int n, int looks)
    {
        AssertRare(limit, value, n, looks, true, Recognised, $"recognition, {limit} {value}");

        // Of the base's pictures 0.9 are recognised, of the model's as many less as the limit allows.
        (double Edited, double Baseline) Recognised(Random random)
        {
            var before = random.NextDouble() < 0.9;
            var kept = limit == LimitKind.MaxDrop ? 1 - (value / 0.9) : value;
            return (before && random.NextDouble() < kept ? 1 : 0, before ? 1 : 0);
        }
    }

    [Fact]
    public void What_is_clear_is_decided_early_and_rightly()
    {
        var random = new Random(11);
        var gate = Some.Gate(LimitKind.Max, 0.05);

        var failed = Looks.Decide(gate, Sample(76, 4, true, _ => (1, 0), random));
        var passed = Looks.Decide(gate, Sample(400, 4, true, _ => (0, 0), random));

        Assert.Equal((Verdict.Fail, 19), (GateJudge.Judge(gate, failed).Verdict, failed.Count));
        Assert.Equal((Verdict.Pass, 200), (GateJudge.Judge(gate, passed).Verdict, passed.Count));
    }

    private static void AssertRare(LimitKind limit, double value, int n, int looks, bool isProportion, Func<Random, (double Edited, double Baseline)> draw, string name, double rate = SequentialDesign.ErrorRate)
    {
        var random = new Random(20_26);
        var gate = Some.Gate(limit, value);
        var verdicts = Enumerable.Range(0, Trials).Select(_ => GateJudge.Judge(gate, Looks.Decide(gate, Sample(n, looks, isProportion, draw, random))).Verdict).ToArray();
        var (passed, failed) = ((double)verdicts.Count(v => v == Verdict.Pass) / Trials, (double)verdicts.Count(v => v == Verdict.Fail) / Trials);

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{name}, n = {n}, {looks} look(s): {passed:P1} pass, {failed:P1} fail"));
        Assert.True(passed <= rate, FormattableString.Invariant($"{passed:P1} pass"));
        Assert.True(failed <= rate, FormattableString.Invariant($"{failed:P1} fail"));
        // All looks of a sequence together may miss what a fixed sample may on both sides.
        if (looks > 1) Assert.True(passed + failed <= rate, FormattableString.Invariant($"{passed + failed:P1} in all"));
    }

    private static Measurement Sample(int n, int looks, bool isProportion, Func<Random, (double Edited, double Baseline)> draw, Random random)
    {
        var pairs = Enumerable.Range(0, n).Select(_ => draw(random)).ToArray();
        var sample = new Measurement("m", isProportion, [.. pairs.Select(p => p.Edited)], [.. pairs.Select(p => p.Baseline)]);
        return looks == 1 ? sample : sample with { Ends = [.. Enumerable.Range(1, looks).Select(l => SequentialDesign.SeedsAt(l, looks, n))], Planned = n, LookCount = looks };
    }

    private static (double Edited, double Baseline) Pair(LimitKind limit, double value, bool isSkewed, Random random)
    {
        var baseline = 0.3 + (0.03 * Normal(random));
        // Skewed: nine of ten pictures hardly change, one loses much.
        var noise = isSkewed ? random.NextDouble() < 0.9 ? -0.02 + (0.002 * Normal(random)) : 0.18 + (0.02 * Normal(random)) : 0.03 * Normal(random);
        return limit switch
        {
            LimitKind.Max => (value + noise, baseline),
            LimitKind.MaxDrop => (baseline - value - noise, baseline),
            LimitKind.MaxRatio => ((value * baseline) + noise, baseline),
            _ => (((1 - value) * baseline) + noise, baseline),
        };
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
