using System.Collections.Immutable;

namespace ModelGuard.Verdicts;

/// <summary>Paired observations of one metric on one concept, a picture each.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="IsProportion">Whether every observation is 0 or 1.</param>
/// <param name="Edited">Values of the edited model.</param>
/// <param name="Baseline">Values of the base, same prompts and seeds; empty when only one model was measured.</param>
public sealed record Measurement(string Metric, bool IsProportion, ImmutableArray<double> Edited, ImmutableArray<double> Baseline)
{
    /// <summary>The part that the values are of, for a metric that shows the worst of several; null for all.</summary>
    public string? Part { get; init; }

    /// <summary>Number of observations at the end of each look that was taken; empty for a fixed sample.</summary>
    public ImmutableArray<int> Ends { get; init; } = [];

    /// <summary>Number of observations after all looks; 0 for a fixed sample.</summary>
    public int Planned { get; init; }

    /// <summary>Number of looks that are planned; 0 for a fixed sample.</summary>
    public int LookCount { get; init; }

    /// <summary>The same up to the end of a look, from 1.</summary>
    public Measurement UpTo(int look) => this with { Edited = Edited[..Ends[look - 1]], Baseline = Baseline[..Math.Min(Baseline.Length, Ends[look - 1])], Ends = Ends[..look] };

    /// <summary>Number of pictures.</summary>
    public int Count => Edited.Length;

    /// <summary>Mean over the edited model's pictures; NaN when there are none.</summary>
    public double Value => Edited.IsEmpty ? double.NaN : Edited.Average();

    /// <summary>Mean over the base's pictures; null when it was not measured.</summary>
    public double? BaselineValue => Baseline.IsEmpty ? null : Baseline.Average();
}
