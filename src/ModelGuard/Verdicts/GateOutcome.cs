using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Verdicts;

/// <summary>One gate's verdict on one concept.</summary>
/// <param name="Gate">The gate.</param>
/// <param name="Concept">The concept's id, or the preserved name.</param>
/// <param name="DisplayName">What it is called in public.</param>
/// <param name="Severity">How much the concept matters.</param>
/// <param name="Location">Where the concept stands in the policy.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Statistic">What was compared with the limit: the value, a ratio or a drop; NaN when nothing was measured.</param>
/// <param name="Interval">Its 95 % interval; null when nothing was measured.</param>
/// <param name="Value">The mean over the edited model's pictures.</param>
/// <param name="Baseline">The mean over the base's pictures.</param>
/// <param name="Count">Number of pictures.</param>
/// <param name="Explanation">Why, in a sentence.</param>
public sealed record GateOutcome(
    Gate Gate,
    string Concept,
    string DisplayName,
    Severity Severity,
    SourceLocation Location,
    Verdict Verdict,
    double Statistic,
    Interval? Interval,
    double Value,
    double? Baseline,
    int Count,
    string Explanation)
{
    /// <summary>The baseline whose values stand in the place of the base's, or null.</summary>
    public BaselineReference? ComparedWith { get; init; }

    /// <summary>The look that decided, or the last; null for a fixed sample.</summary>
    public SequentialLook? Look { get; init; }
}

/// <summary>A look at a sample before it is complete.</summary>
/// <param name="Look">Which, from 1.</param>
/// <param name="Looks">How many are planned.</param>
/// <param name="Planned">Number of observations after all looks.</param>
public sealed record SequentialLook(int Look, int Looks, int Planned);
