using CsCheck;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

public sealed class StatisticsTests
{
    // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilsons_interval_has_the_published_values(int successes, int n, double low, double high)
    {
        var interval = Statistics.Wilson(successes, n);

        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    // The numbers of docs/metrics.md: fewer pictures than these cannot pass the gate.
    [Theory]
    [InlineData(0.05, 0, 73)]
    [InlineData(0.05, 1, 110)]
    [InlineData(0.05, 2, 142)]
    [InlineData(0.1, 0, 35)]
    [InlineData(0.1, 1, 53)]
    [InlineData(0.1, 2, 69)]
    [InlineData(0.2, 0, 16)]
    [InlineData(0.2, 1, 25)]
    [InlineData(0.2, 2, 33)]
    public void A_share_needs_as_many_pictures_as_the_documentation_says(double limit, int wrong, int pictures)
    {
        Assert.True(Statistics.Wilson(wrong, pictures).High <= limit);
        Assert.True(Statistics.Wilson(wrong, pictures - 1).High > limit);
    }

    [Fact]
    public void Wilsons_interval_holds_the_share_is_mirrored_and_never_leaves_0_to_1() =>
        Gen.Int[1, 5000].SelectMany(n => Gen.Int[0, n].Select(k => (k, n))).Sample(x =>
        {
            var (interval, mirrored) = (Statistics.Wilson(x.k, x.n), Statistics.Wilson(x.n - x.k, x.n));
            var share = (double)x.k / x.n;

            Assert.True(interval.Low >= 0 && interval.Low <= share && share <= interval.High && interval.High <= 1 && interval.Low < interval.High);
            Assert.Equal(interval.Low, 1 - mirrored.High, 12);
        });

    [Fact]
    public void A_share_of_nothing_has_no_interval() => Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Wilson(0, 0));

    [Fact]
    public void The_bootstrap_gives_the_same_interval_for_the_same_numbers_on_every_machine()
    {
        double[] edited = [0.21, 0.18, 0.25, 0.3, 0.11, 0.19], baseline = [0.31, 0.29, 0.33, 0.35, 0.2, 0.4];

        var interval = Statistics.Bootstrap(edited, baseline, (e, b) => b - e);

        Assert.Equal(interval, Statistics.Bootstrap(edited, baseline, (e, b) => b - e));
        // By a second implementation (Python) of what docs/metrics.md describes, with SplitMix64's seed 0x5EED.
        Assert.Equal((0.073333333333, 0.151666666667), (Math.Round(interval.Low, 12), Math.Round(interval.High, 12)));
    }

    [Fact]
    public void The_bootstrap_leaves_out_the_hundred_lowest_and_the_hundred_highest_of_four_thousand()
    {
        var seen = new List<double>();
        double[] values = [.. Enumerable.Range(0, 50).Select(i => Math.Sin(i))];

        var interval = Statistics.Bootstrap(values, values, (e, _) =>
        {
            seen.Add(e);
            return e;
        });

        seen.Sort();
        Assert.Equal(4000, seen.Count);
        Assert.Equal(new Interval(seen[100], seen[3899]), interval);
    }

    [Fact]
    public void The_bootstrap_draws_pairs_so_that_what_they_have_in_common_cancels()
    {
        double[] baseline = [.. Enumerable.Range(0, 40).Select(i => 10 * Math.Sin(i))];
        double[] edited = [.. baseline.Select(b => b - 0.5)];

        var interval = Statistics.Bootstrap(edited, baseline, (e, b) => b - e);

        Assert.Equal(0.5, interval.Low, 9);
        Assert.Equal(0.5, interval.High, 9);
    }

    [Fact]
    public void The_bootstrap_covers_the_true_mean_about_as_often_as_it_says()
    {
        var random = new Random(7);
        const int Trials = 300;
        var covered = Enumerable.Range(0, Trials).Count(_ =>
        {
            double[] sample = [.. Enumerable.Range(0, 60).Select(_ => random.NextDouble())];
            var interval = Statistics.Bootstrap(sample, sample, (e, _) => e);
            return interval.Low <= 0.5 && 0.5 <= interval.High;
        });

        // 95 % of 300 is 285; four standard deviations are 15.
        Assert.InRange(covered, 270, 299);
    }

    [Fact]
    public void The_bootstrap_refuses_what_is_no_pairs()
    {
        Assert.Throws<ArgumentException>(() => Statistics.Bootstrap([], [], (e, _) => e));
        Assert.Throws<ArgumentException>(() => Statistics.Bootstrap([1, 2], [1], (e, _) => e));
    }
}
