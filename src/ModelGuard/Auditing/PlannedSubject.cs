using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>One concept of an audit with its units, in the order in which they are put together.</summary>
/// <param name="Subject">The concept.</param>
/// <param name="Batches">Batches of pictures of its prompts.</param>
/// <param name="Probes">Batches of pictures of its probes.</param>
/// <param name="Whole">Metrics that are measured on it as a whole.</param>
public sealed record PlannedSubject(AuditSubject Subject, ImmutableArray<AuditUnit> Batches, ImmutableArray<AuditUnit> Probes, ImmutableArray<AuditUnit> Whole)
{
    /// <summary>All units.</summary>
    public ImmutableArray<AuditUnit> Units => [.. Batches, .. Probes, .. Whole];

    /// <summary>Number of pictures of each model.</summary>
    public int Pictures => Units.Sum(u => u.Items.Length);

    /// <summary>The concept's measurements from the results of all its units.</summary>
    /// <param name="results">Results by the digest of their unit.</param>
    public SubjectMeasurements Assemble(IReadOnlyDictionary<string, UnitResult> results)
    {
        MeasuredMetric[] whole = [.. Results(Whole).Select(r => r.Measured!)];
        var (probes, worst) = OfProbes();
        return new SubjectMeasurements(Subject, Pictures, [.. OfPictures(Results(Batches)), .. worst, .. whole.Select(m => m.ToMeasurement())]) { Attempts = [.. whole.SelectMany(m => m.Attempts)], Probes = probes };

        UnitResult[] Results(ImmutableArray<AuditUnit> units) => [.. units.Select(u => results[u.Digest])];

        (ImmutableArray<ProbeResult> Results, ImmutableArray<Measurement> Worst) OfProbes()
        {
            if (Probes.IsEmpty) return ([], []);
            var own = Results(Probes);
            var (each, most) = ProbeRecognition.Measure(Subject, Items(Probes), Rows(own, r => r.Edited), Rows(own, r => r.Baseline));
            return (each, [most]);
        }
    }

    private IEnumerable<Measurement> OfPictures(UnitResult[] results)
    {
        if (results.Length == 0) return [];
        var (edited, baseline) = (Rows(results, r => r.Edited), Rows(results, r => r.Baseline));
        return
        [
            .. Metrics.Of(Subject, edited, baseline),
            .. Subject.Companions.IsEmpty ? [] : new[] { Fidelity.Measure(Subject, Items(Batches), edited, baseline) },
            .. Changes(ImageChanges.Image, r => r.ImageChange),
            .. Changes(ImageChanges.Pixel, r => r.PixelChange),
        ];

        IEnumerable<Measurement> Changes(string metric, Func<UnitResult, ImmutableArray<double>> of)
        {
            ImmutableArray<double> values = [.. results.SelectMany(r => of(r))];
            return values.IsEmpty ? [] : [new Measurement(metric, false, values, [])];
        }
    }

    private static GenerationItem[] Items(ImmutableArray<AuditUnit> units) => [.. units.SelectMany(u => u.Items)];

    private static ImmutableArray<double>[] Rows(UnitResult[] results, Func<UnitResult, ImmutableArray<ImmutableArray<double>>> of) => [.. results.SelectMany(r => of(r))];
}
