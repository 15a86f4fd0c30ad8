using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>Ends the looks at a concept's pictures when every gate has decided. What was measured beyond is left out, so that it makes no difference whether it was drawn.</summary>
public static class Looks
{
    /// <summary>The measurements up to the look at which all gates on their concept have decided.</summary>
    public static ImmutableArray<SubjectMeasurements> Settle(Policy policy, ImmutableArray<SubjectMeasurements> measured, GateBaselines baselines) =>
        [.. measured.Select(m => m.LookEnds.IsEmpty || DecidedAt(policy, m, baselines) is not { } look ? m : UpTo(m, look))];

    /// <summary>The look at which the last gate on a concept's pictures has decided; null where one is undecided.</summary>
    internal static int? DecidedAt(Policy policy, SubjectMeasurements measured, GateBaselines baselines)
    {
        var last = 0;
        foreach (var gate in policy.Gates.Where(g => g.On == measured.Subject.Scope && g.Metric != ProbeRecognition.Metric && !WholeMetrics.Contain(g.Metric)))
        {
            var own = measured.Measurements.FirstOrDefault(m => m.Metric == gate.Metric);
            if (own is null) return null;
            var decided = Decide(gate, baselines.For(gate, measured.Subject, own).Measurement);
            if (GateJudge.Judge(gate, decided).Verdict == Verdict.Inconclusive) return null;
            last = Math.Max(last, decided.Ends.Length);
        }

        return last;
    }

    /// <summary>The measurement up to the look at which a gate decides; all of it where it does not.</summary>
    internal static Measurement Decide(Gate gate, Measurement measurement) =>
        Enumerable.Range(1, measurement.Ends.Length).Select(measurement.UpTo).FirstOrDefault(m => GateJudge.Judge(gate, m).Verdict != Verdict.Inconclusive) ?? measurement;

    private static SubjectMeasurements UpTo(SubjectMeasurements measured, int look) => measured with
    {
        Pictures = measured.Pictures - measured.LookEnds[^1] + measured.LookEnds[look - 1],
        Measurements = [.. measured.Measurements.Select(m => m.Ends.IsEmpty ? m : m.UpTo(look))],
        LookEnds = measured.LookEnds[..look],
    };
}
