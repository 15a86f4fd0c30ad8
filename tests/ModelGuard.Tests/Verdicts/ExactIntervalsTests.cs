using CsCheck;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

public sealed class ExactIntervalsTests
{
    // R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I, method 5.
    [Theory]
    [InlineData(81, 263, 0.2527, 0.3676)]
    [InlineData(15, 148, 0.0578, 0.1617)]
    [InlineData(0, 20, 0, 0.1684)]
    [InlineData(1, 29, 0.0009, 0.1776)]
    public void The_interval_of_a_proportion_has_the_published_values(int successes, int n, double low, double high)
    {
        var interval = ExactIntervals.Proportion(successes, n, 0.05);

        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    [Fact]
    public void Its_ends_are_where_the_tails_of_the_binomial_are_half_of_what_may_be_missed() =>
        Gen.Int[1, 60].SelectMany(n => Gen.Int[0, n].Select(k => (k, n))).Select(Gen.OneOf(Gen.Const(0.05), Gen.Const(1e-4), Gen.Const(1e-8))).Sample(x =>
        {
            var ((k, n), alpha) = x;
            var interval = ExactIntervals.Proportion(k, n, alpha);

            if (k > 0) Assert.Equal(1, Tail(k, n, interval.Low) / (alpha / 2), 4);
            if (k < n) Assert.Equal(1, Tail(n - k, n, 1 - interval.High) / (alpha / 2), 4);
        });

    // The number of docs/metrics.md: the last of four looks misses at most with what the first three have left.
    [Fact]
    public void Four_looks_need_as_many_pictures_as_the_documentation_says()
    {
        var alpha = SequentialDesign.Spent(0.75, 1);

        Assert.True(ExactIntervals.Proportion(0, 83, alpha).High <= 0.05);
        Assert.True(ExactIntervals.Proportion(0, 82, alpha).High > 0.05);
    }

    // Any table of Student's distribution.
    [Theory]
    [InlineData(0.05, 1, 12.7062)]
    [InlineData(0.05, 10, 2.2281)]
    [InlineData(0.01, 30, 2.7500)]
    [InlineData(0.001, 5, 6.8688)]
    [InlineData(0.05, 100000, 1.9600)]
    public void Students_t_has_the_published_values(double alpha, int degrees, double t) => Assert.Equal(t, ExactIntervals.Student(alpha, degrees), 4);

    [Fact]
    public void The_interval_of_a_mean_is_Students()
    {
        // Mean 3, standard deviation √2.5, t of 4 degrees 2.7764.
        var interval = ExactIntervals.Mean([1, 2, 3, 4, 5], 0.05)!;

        Assert.Equal((1.0368, 4.9632), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
        Assert.Null(ExactIntervals.Mean([1], 0.05));
    }

    [Fact]
    public void The_ends_of_a_ratio_are_where_Students_test_of_the_difference_just_rejects()
    {
        double[] e = [0.1, 0.15, 0.2, 0.12, 0.08, 0.17], b = [0.5, 0.45, 0.6, 0.55, 0.4, 0.52];
        var interval = ExactIntervals.Ratio(e, b, 0.01)!;

        Assert.True(interval.Low < e.Average() / b.Average() && e.Average() / b.Average() < interval.High);
        foreach (var r in new[] { interval.Low, interval.High })
        {
            var differences = ExactIntervals.Mean([.. e.Zip(b, (x, y) => x - (r * y))], 0.01)!;
            Assert.Equal(0, Math.Min(Math.Abs(differences.Low), Math.Abs(differences.High)), 12);
        }

        Assert.Null(ExactIntervals.Ratio(e, [1, -1, 1, -1, 1, -1], 0.01));
        Assert.Null(ExactIntervals.Ratio([1], [1], 0.05));
    }

    [Fact]
    public void Pairs_of_proportions_are_compared_by_those_that_disagree_and_have_a_width_where_all_agree()
    {
        double[] ones = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], zeros = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

        var same = ExactIntervals.Difference(ones, ones, 0.05);
        Assert.Equal((-same.High, 0.3548), (same.Low, Math.Round(same.High, 4)));
        Assert.Equal((0.2904, 1), (Math.Round(ExactIntervals.Difference(zeros, ones, 0.05).Low, 4), Math.Round(ExactIntervals.Difference(zeros, ones, 0.05).High, 4)));
        var ratio = ExactIntervals.RatioOfProportions(0, 10, 10, 0.05)!;
        Assert.Equal((0, 0.5499), (ratio.Low, Math.Round(ratio.High, 4)));
        Assert.Null(ExactIntervals.RatioOfProportions(5, 0, 10, 0.05));
    }

    /// <summary>P(X ≥ k) of n draws with probability p, term by term.</summary>
    private static double Tail(int k, int n, double p)
    {
        var sum = 0.0;
        for (var i = k; i <= n; i++)
        {
            var term = 1.0;
            for (var j = 0; j < n - i; j++) term *= (1 - p) * (i + j + 1) / (j + 1);
            sum += term * Math.Pow(p, i);
        }

        return sum;
    }
}
