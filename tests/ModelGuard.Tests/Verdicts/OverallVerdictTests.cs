using CsCheck;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

public sealed class OverallVerdictTests
{
    [Theory]
    [InlineData(new[] { Verdict.Pass }, Verdict.Pass, 0)]
    [InlineData(new[] { Verdict.Pass, Verdict.Waived }, Verdict.Waived, 0)]
    [InlineData(new[] { Verdict.Pass, Verdict.Inconclusive, Verdict.Waived }, Verdict.Inconclusive, 2)]
    [InlineData(new[] { Verdict.Pass, Verdict.Inconclusive, Verdict.Fail, Verdict.Waived }, Verdict.Fail, 1)]
    [InlineData(new Verdict[0], Verdict.Inconclusive, 2)]
    public void The_worst_gate_decides(Verdict[] gates, Verdict expected, int exitCode)
    {
        var verdict = OverallVerdict.Of([.. gates.Select(g => Some.Outcome(g))], Severity.Medium);

        Assert.Equal((expected, exitCode), (verdict, OverallVerdict.ExitCode(verdict)));
    }

    [Theory]
    [InlineData(Severity.Low, Severity.Low, Verdict.Fail)]
    [InlineData(Severity.Low, Severity.Medium, Verdict.Pass)]
    [InlineData(Severity.Medium, Severity.Low, Verdict.Fail)]
    [InlineData(Severity.Medium, Severity.Medium, Verdict.Fail)]
    [InlineData(Severity.Medium, Severity.High, Verdict.Pass)]
    [InlineData(Severity.High, Severity.High, Verdict.Fail)]
    [InlineData(Severity.High, Severity.Critical, Verdict.Pass)]
    [InlineData(Severity.Critical, Severity.Critical, Verdict.Fail)]
    public void Only_concepts_of_at_least_fail_on_count(Severity concept, Severity failOn, Verdict expected)
    {
        GateOutcome[] others = [Some.Outcome(Verdict.Pass, Severity.Critical)];

        Assert.Equal(expected, OverallVerdict.Of([.. others, Some.Outcome(Verdict.Fail, concept)], failOn));
        Assert.Equal(expected == Verdict.Fail ? Verdict.Inconclusive : Verdict.Pass, OverallVerdict.Of([.. others, Some.Outcome(Verdict.Inconclusive, concept)], failOn));
    }

    [Fact]
    public void No_order_and_no_further_gate_makes_a_run_better() =>
        Gen.Select(Gen.Enum<Verdict>().Array[1, 6], Gen.Enum<Verdict>()).Sample((gates, further) =>
        {
            var verdict = OverallVerdict.Of([.. gates.Select(g => Some.Outcome(g))], Severity.Low);

            Assert.Equal(verdict, OverallVerdict.Of([.. gates.Reverse().Select(g => Some.Outcome(g))], Severity.Low));
            Assert.True(OverallVerdict.Of([.. gates.Append(further).Select(g => Some.Outcome(g))], Severity.Low) >= verdict);
            Assert.Equal(gates.Max(), verdict);
        });
}
