using System.Collections.Immutable;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>Lets every gate look at every concept of its scope.</summary>
public static class Gates
{
    /// <summary>One outcome for each gate and concept, before waivers, in the policy's order of gates.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="measured">What was measured.</param>
    /// <param name="baselines">The baselines that its gates name.</param>
    public static ImmutableArray<GateOutcome> Judge(Policy policy, IReadOnlyList<SubjectMeasurements> measured, GateBaselines baselines) =>
    [
        .. from gate in policy.Gates
           from subject in measured
           where subject.Subject.Scope == gate.On
           select Judge(gate, subject, baselines),
    ];

    private static GateOutcome Judge(Gate gate, SubjectMeasurements measured, GateBaselines baselines)
    {
        var subject = measured.Subject;
        var own = measured.Measurements.FirstOrDefault(m => m.Metric == gate.Metric) ?? new Measurement(gate.Metric, false, [], []);
        var (whole, baseline) = baselines.For(gate, subject, own);
        var measurement = Looks.Decide(gate, whole);
        var (verdict, statistic, interval, explanation) = GateJudge.Judge(gate, measurement);
        return new GateOutcome(gate, subject.Id, subject.DisplayName, subject.Severity, subject.Location, verdict, statistic, interval, measurement.Value, measurement.BaselineValue, measurement.Count, explanation)
        {
            ComparedWith = baseline,
            Look = measurement.Ends.IsEmpty ? null : new SequentialLook(measurement.Ends.Length, measurement.LookCount, measurement.Planned),
        };
    }
}
