using ModelGuard.Policies;

namespace ModelGuard.Verdicts;

/// <summary>The one place where gate verdicts become the run's verdict and its exit code.</summary>
public static class OverallVerdict
{
    /// <summary>
    /// Fail when a gate failed on a concept of at least <paramref name="failOn"/>; else inconclusive when any such gate was, or when there are
    /// no outcomes at all; else pass, or waived when a waiver was needed.
    /// </summary>
    public static Verdict Of(IReadOnlyCollection<GateOutcome> outcomes, Severity failOn) => Of([.. outcomes.Select(o => (o.Verdict, o.Severity))], failOn);

    /// <summary>The same for verdicts that a report tells.</summary>
    public static Verdict Of(IReadOnlyCollection<(Verdict Verdict, Severity Severity)> outcomes, Severity failOn)
    {
        if (outcomes.Count == 0) return Verdict.Inconclusive;
        var counted = outcomes.Where(o => o.Severity >= failOn).ToArray();
        if (counted.Any(o => o.Verdict == Verdict.Fail)) return Verdict.Fail;
        if (counted.Any(o => o.Verdict == Verdict.Inconclusive)) return Verdict.Inconclusive;
        return counted.Any(o => o.Verdict == Verdict.Waived) ? Verdict.Waived : Verdict.Pass;
    }

    /// <summary>0 passed or waived, 1 failed, 2 inconclusive.</summary>
    public static int ExitCode(Verdict verdict) => verdict switch
    {
        Verdict.Pass or Verdict.Waived => 0,
        Verdict.Fail => 1,
        _ => 2,
    };
}
