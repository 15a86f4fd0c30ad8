using ModelGuard.Diagnostics;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Verdicts;

/// <summary>Values that a test does not care about.</summary>
internal static class Some
{
    public static SourceLocation Location { get; } = new("policy.yaml", 7, 5);

    public static Gate Gate(LimitKind limit = LimitKind.Max, double value = 0.5, string id = "gone", string metric = "clip-score", GateScope on = GateScope.Removed) => new(id, metric, on, limit, value, Location);

    public static GateOutcome Outcome(Verdict verdict, Severity severity = Severity.Medium, string gate = "gone", string concept = "star") =>
        new(Gate(id: gate), concept, concept, severity, Location, verdict, 0.7, new Interval(0.6, 0.8), 0.7, null, 10, "Why.");

    public static Waiver Waiver(DateOnly expires, string gate = "gone", string concept = "star", int line = 20) => new(gate, concept, "@alice", "Accepted.", expires, Location with { Line = line });
}
