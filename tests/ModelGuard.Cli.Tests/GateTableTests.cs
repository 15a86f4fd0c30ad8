using System.Collections.Immutable;
using ModelGuard.Cli.Terminal;
using ModelGuard.Cli.Workflows;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;
using ModelGuard.Verdicts;
using Spectre.Console;

namespace ModelGuard.Cli.Tests;

/// <summary>The table and the last line of an audit, whole, as a reader sees them.</summary>
public sealed class GateTableTests
{
    private static readonly ImmutableArray<GateOutcome> Outcomes =
    [
        Outcome("gone", "recognition", GateScope.Removed, LimitKind.Max, 0.05, "van-gogh", Verdict.Pass, 0.0125, new(0, 0.04), 0.0125, 0.9),
        Outcome("lower", "clip-score", GateScope.Removed, LimitKind.MaxRatio, 0.8, "van-gogh", Verdict.Waived, 0.95, new(0.9, 1), 0.285, 0.3),
        Outcome("updated", "preference", GateScope.Updated, LimitKind.Min, 0.9, "head [of] state", Verdict.Inconclusive, double.NaN, null, double.NaN, null),
        Outcome("kept", "clip-score", GateScope.Preserved, LimitKind.MaxDrop, 0.02, "monet", Verdict.Fail, 0.1, new(0.05, 0.15), 0.2, 0.3),
        Outcome("kept-ratio", "clip-score", GateScope.Preserved, LimitKind.MinRatio, 0.9, "monet", Verdict.Pass, 0.95, new(0.92, 0.99), 0.285, 0.3),
        Outcome("kept-share", "clip-score", GateScope.Preserved, LimitKind.MaxRelativeDrop, 0.055, "monet", Verdict.Pass, 0.05, new(0.049, 0.051), 0.285, 0.3),
    ];

    [Fact]
    public void A_table_shows_what_was_measured_what_was_allowed_and_what_came_of_it()
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = 200;

        console.Write(GateTable.Create(Outcomes));

        const string Expected = """
              Verdict        Gate         Concept           Metric         Base   Edited   Compared   95 % interval          Limit    n
            ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
              pass           gone         van-gogh          recognition   0.900    0.013      0.013   0.000 … 0.040         ≤ 0.05   80
              waived         lower        van-gogh          clip-score    0.300    0.285      0.950   0.900 … 1.000   ≤ 0.8 × base   80
              inconclusive   updated      head [of] state   preference        –        –          –               –          ≥ 0.9   80
              FAIL           kept         monet             clip-score    0.300    0.200      0.100   0.050 … 0.150    drop ≤ 0.02   80
              pass           kept-ratio   monet             clip-score    0.300    0.285      0.950   0.920 … 0.990   ≥ 0.9 × base   80
              pass           kept-share   monet             clip-score    0.300    0.285      0.050   0.049 … 0.051   drop ≤ 5.5 %   80
            """;
        Assert.Equal(Expected.ReplaceLineEndings("\n"), string.Join('\n', text.ToString().ReplaceLineEndings("\n").Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0)));
    }

    [Fact]
    public void The_last_line_counts_what_occurred_and_gives_the_verdict() =>
        Assert.Equal("6 gate results: 3 passed, 1 waived, 1 inconclusive, 1 failed. Verdict: fail.", AuditConclusion.Summary(Outcomes, Verdict.Fail));

    private static GateOutcome Outcome(string gate, string metric, GateScope on, LimitKind limit, double value, string concept, Verdict verdict, double statistic, Interval? interval, double edited, double? baseline)
    {
        var place = new SourceLocation("p.yaml", 1, 1);
        return new(new Gate(gate, metric, on, limit, value, place), concept, concept, Severity.High, place, verdict, statistic, interval, edited, baseline, 80, "Because.");
    }
}
