using ModelGuard.Diagnostics;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

public sealed class WaiversTests
{
    private static readonly DateOnly Today = new(2026, 6, 15);

    [Fact]
    public void A_valid_waiver_turns_a_failure_into_waived_and_says_by_whom_and_why()
    {
        var (outcomes, diagnostics) = Waivers.Apply([Some.Outcome(Verdict.Fail), Some.Outcome(Verdict.Fail, concept: "moon"), Some.Outcome(Verdict.Fail, gate: "kept")], [Some.Waiver(Today.AddDays(100))], Today);

        Assert.Equal([Verdict.Waived, Verdict.Fail, Verdict.Fail], outcomes.Select(o => o.Verdict));
        Assert.Equal("Why. Waived by @alice: Accepted.", outcomes[0].Explanation);
        Assert.Empty(diagnostics);
    }

    [Theory]
    [InlineData(0, Verdict.Waived, "MG1303")]
    [InlineData(-1, Verdict.Fail, "MG1301")]
    [InlineData(14, Verdict.Waived, "MG1303")]
    [InlineData(15, Verdict.Waived, null)]
    public void A_waiver_counts_up_to_and_on_its_last_day(int days, Verdict expected, string? code)
    {
        var (outcomes, diagnostics) = Waivers.Apply([Some.Outcome(Verdict.Fail)], [Some.Waiver(Today.AddDays(days))], Today);

        Assert.Equal(expected, Assert.Single(outcomes).Verdict);
        Assert.Equal(code is null ? [] : [code], diagnostics.Select(d => d.Code), StringComparer.Ordinal);
        Assert.All(diagnostics, d => Assert.Equal((DiagnosticSeverity.Warning, 20), (d.Severity, d.Location!.Line)));
    }

    [Theory]
    [InlineData(Verdict.Pass)]
    [InlineData(Verdict.Inconclusive)]
    public void A_waiver_that_is_not_needed_is_a_warning_and_changes_nothing(Verdict verdict)
    {
        GateOutcome[] before = [Some.Outcome(verdict)];

        var (outcomes, diagnostics) = Waivers.Apply(before, [Some.Waiver(Today.AddDays(3)), Some.Waiver(Today.AddDays(30), concept: "nobody", line: 21)], Today);

        Assert.Equal(before, outcomes);
        Assert.Equal([("MG1302", 20), ("MG1302", 21)], diagnostics.Select(d => (d.Code, d.Location!.Line)));
    }

    [Fact]
    public void An_expired_waiver_does_not_hide_a_valid_one()
    {
        var (outcomes, diagnostics) = Waivers.Apply([Some.Outcome(Verdict.Fail)], [Some.Waiver(Today.AddDays(-5)), Some.Waiver(Today.AddDays(50))], Today);

        Assert.Equal(Verdict.Waived, outcomes[0].Verdict);
        Assert.Equal(["MG1301"], diagnostics.Select(d => d.Code), StringComparer.Ordinal);
    }
}
