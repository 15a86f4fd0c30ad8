using System.Collections.Immutable;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>Lets every gate look at every concept of its scope.</summary>
public static class Gates
{
    /// <summary>One outcome for each gate and concept, before waivers, in the policy's order of gates.</summary>
    public static ImmutableArray<GateOutcome> Judge(Policy policy, IReadOnlyList<SubjectMeasurements> measured) =>
    [
        .. from gate in policy.Gates
           from subject in measured
           where subject.Subject.Scope == gate.On
           select Judge(gate, subject),
    ];

    private static GateOutcome Judge(Gate gate, SubjectMeasurements measured)
    {
        var subject = measured.Subject;
        var measurement = measured.Measurements.FirstOrDefault(m => m.Metric == gate.Metric) ?? new Measurement(gate.Metric, false, [], []);
        var (verdict, statistic, interval, explanation) = GateJudge.Judge(gate, measurement);
        return new GateOutcome(gate, subject.Id, subject.DisplayName, subject.Severity, subject.Location, verdict, statistic, interval, measurement.Value, measurement.BaselineValue, measurement.Count, explanation);
    }
}
