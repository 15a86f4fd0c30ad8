using System.Collections.Immutable;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>
/// Metrics over cosines, one row a picture; column 0 is what is looked for.
/// <c>clip-score</c>: the raw cosine (Hessel et al., 2021, without its factor 2.5). <c>recognition</c>: 1 where column 0 has the largest
/// cosine of all, that is, zero-shot classification among distractors (Radford et al., 2021). <c>preference</c>: 1 where the new look beats
/// the old one.
/// </summary>
public static class Metrics
{
    /// <summary>All metrics that a concept allows.</summary>
    /// <param name="subject">The concept.</param>
    /// <param name="edited">Cosines of the edited model's pictures; those behind the subject's texts are for other metrics.</param>
    /// <param name="baseline">Cosines of the base's; none without a base.</param>
    public static IEnumerable<Measurement> Of(AuditSubject subject, IReadOnlyCollection<ImmutableArray<double>> edited, IReadOnlyCollection<ImmutableArray<double>> baseline)
    {
        yield return Measure("clip-score", false, row => row[0]);
        // Among itself alone anything would be recognised: nothing is measured then.
        if (subject.Texts.Length > 1) yield return Measure("recognition", true, row => IsLargest(row[..subject.Texts.Length]));
        if (subject.Scope == GateScope.Updated) yield return Measure("preference", true, row => IsLargest(row[..2]));

        Measurement Measure(string metric, bool isProportion, Func<ImmutableArray<double>, double> value) =>
            new(metric, isProportion, [.. edited.Select(value)], [.. baseline.Select(value)]);
    }

    /// <summary>1 where the first of some cosines is the largest, NaN where one is no number.</summary>
    // A comparison with NaN is false, which would look like a concept that is gone.
    internal static double IsLargest(ImmutableArray<double> row) => row.Any(double.IsNaN) ? double.NaN : row.Skip(1).All(v => v < row[0]) ? 1 : 0;
}
