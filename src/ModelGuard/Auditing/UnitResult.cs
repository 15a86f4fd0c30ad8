using System.Collections.Immutable;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>What one unit of an audit gave.</summary>
/// <param name="Unit">The unit's digest.</param>
/// <param name="Edited">Raw cosines of the edited model's pictures, a row for each picture and a column for each text; empty for a metric.</param>
/// <param name="Baseline">Those of the base's pictures; empty without a base.</param>
/// <param name="Measured">What was measured on the concept as a whole; null for a batch of pictures.</param>
public sealed record UnitResult(string Unit, ImmutableArray<ImmutableArray<double>> Edited, ImmutableArray<ImmutableArray<double>> Baseline, MeasuredMetric? Measured = null)
{
    /// <summary>How far each picture of the edited model is from the base's, 1 − cosine of their embeddings; empty without a base, and where no gate asks for it.</summary>
    public ImmutableArray<double> ImageChange { get => field.IsDefault ? [] : field; init; }

    /// <summary>The same in pixels, 1 − SSIM; empty where no gate asks for it.</summary>
    public ImmutableArray<double> PixelChange { get => field.IsDefault ? [] : field; init; }
}

/// <summary>A metric with the attacks behind it.</summary>
/// <param name="Metric">The metric's name.</param>
/// <param name="IsProportion">Whether every observation is 0 or 1.</param>
/// <param name="Edited">Values of the edited model.</param>
/// <param name="Baseline">Values of the base.</param>
/// <param name="Attempts">The attacks; empty for a metric without any.</param>
public sealed record MeasuredMetric(string Metric, bool IsProportion, ImmutableArray<double> Edited, ImmutableArray<double> Baseline, ImmutableArray<AttackAttempt> Attempts)
{
    /// <summary>A measurement in this form.</summary>
    public static MeasuredMetric Of(Measurement measurement, ImmutableArray<AttackAttempt> attempts) => new(measurement.Metric, measurement.IsProportion, measurement.Edited, measurement.Baseline, attempts);

    /// <summary>The measurement.</summary>
    public Measurement ToMeasurement() => new(Metric, IsProportion, Edited, Baseline);
}
