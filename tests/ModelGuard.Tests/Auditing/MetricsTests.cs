using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Policies;
using ModelGuard.Tests.Verdicts;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Auditing;

public sealed class MetricsTests
{
    // One row a picture: what is looked for, then two others.
    private static readonly ImmutableArray<double>[] Cosines = [[0.3, 0.2, 0.1], [0.3, 0.3, 0.1], [0.2, 0.1, 0.25], [-0.1, -0.2, -0.3]];

    [Fact]
    public void A_picture_is_recognised_when_nothing_else_is_as_near()
    {
        var measured = Metrics.Of(Subject(GateScope.Removed, 3), Cosines, []).ToDictionary(m => m.Metric, StringComparer.Ordinal);

        Assert.Equal(["clip-score", "recognition"], measured.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal([0.3, 0.3, 0.2, -0.1], measured["clip-score"].Edited);
        Assert.Equal([1, 0, 0, 1], measured["recognition"].Edited);
        Assert.Equal((false, true), (measured["clip-score"].IsProportion, measured["recognition"].IsProportion));
        Assert.Equal((0.5, (double?)null, 4), (measured["recognition"].Value, measured["recognition"].BaselineValue, measured["recognition"].Count));
    }

    [Fact]
    public void Preference_compares_the_new_look_with_the_old_one_alone()
    {
        var preference = Metrics.Of(Subject(GateScope.Updated, 3), Cosines, [[0, 1, 0], [1, 0, 2]]).Single(m => m.Metric == "preference");

        Assert.Equal([1, 0, 1, 1], preference.Edited);
        Assert.Equal([0, 1], preference.Baseline);
        Assert.True(preference.IsProportion);
    }

    [Fact]
    public void Among_itself_alone_nothing_is_recognised_and_the_gate_is_inconclusive()
    {
        var subject = Subject(GateScope.Preserved, 1);
        Measurement[] measured = [.. Metrics.Of(subject, [[0.9], [0.8]], [])];

        var outcome = Assert.Single(Gates.Judge(PolicyOf(Some.Gate(LimitKind.Min, 0, metric: "recognition", on: GateScope.Preserved)), [new SubjectMeasurements(subject, 2, [.. measured])], GateBaselines.None));

        Assert.Equal(["clip-score"], measured.Select(m => m.Metric), StringComparer.Ordinal);
        Assert.Equal((Verdict.Inconclusive, 0, "Nothing was measured."), (outcome.Verdict, outcome.Count, outcome.Explanation));
    }

    [Fact]
    public void A_scorer_that_gives_no_numbers_recognises_nothing_and_clears_nobody()
    {
        var subject = Subject(GateScope.Updated, 3);
        Measurement[] measured = [.. Metrics.Of(subject, [[double.NaN, 0.1, 0.2], [0.1, double.NaN, 0.2], [0.1, 0.2, 0.3]], [])];
        var policy = PolicyOf([.. measured.Select(m => Some.Gate(LimitKind.Max, 1000, metric: m.Metric, on: GateScope.Updated))]);

        var outcomes = Gates.Judge(policy, [new SubjectMeasurements(subject, 3, [.. measured])], GateBaselines.None);

        Assert.Equal([("clip-score", Verdict.Inconclusive), ("recognition", Verdict.Inconclusive), ("preference", Verdict.Inconclusive)], outcomes.Select(o => (o.Gate.Metric, o.Verdict)));
        Assert.All(outcomes, o => Assert.Contains("no numbers", o.Explanation, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_gate_looks_at_every_concept_of_its_scope_in_the_order_of_the_policy()
    {
        SubjectMeasurements[] measured = [Measured("a", GateScope.Removed), Measured("b", GateScope.Preserved), Measured("c", GateScope.Removed), Measured("d", GateScope.Updated)];
        var policy = PolicyOf(Some.Gate(id: "kept", on: GateScope.Preserved), Some.Gate(id: "gone"), Some.Gate(id: "lower", metric: "recognition"));

        var outcomes = Gates.Judge(policy, measured, GateBaselines.None);

        Assert.Equal([("kept", "b"), ("gone", "a"), ("gone", "c"), ("lower", "a"), ("lower", "c")], outcomes.Select(o => (o.Gate.Id, o.Concept)));
        Assert.All(outcomes, o => Assert.Equal((Some.Location, Severity.High, o.Concept.ToUpperInvariant()), (o.Location, o.Severity, o.DisplayName)));
        Assert.Equal([0.4, 0.4, 0.4, 1, 1], outcomes.Select(o => Math.Round(o.Value, 12)));
        Assert.All(outcomes, o => Assert.Equal(0.6, o.Baseline is { } b && o.Gate.Metric == "clip-score" ? Math.Round(b, 12) : 0.6));

        static SubjectMeasurements Measured(string id, GateScope scope) => new(Subject(scope, 2, id), 2, [.. Metrics.Of(Subject(scope, 2, id), [[0.4, 0.1], [0.4, 0.1]], [[0.6, 0.1], [0.6, 0.1]])]);
    }

    private static AuditSubject Subject(GateScope scope, int texts, string id = "star") =>
        new(id, id.ToUpperInvariant(), scope, Severity.High, ["p"], [.. Enumerable.Range(0, texts).Select(i => $"text {i}")], null, Some.Location);

    private static Policy PolicyOf(params Gate[] gates) => Editing.SomeEdit.Policy(Editing.SomeEdit.LastSubject(1), []) with { Gates = [.. gates] };
}
