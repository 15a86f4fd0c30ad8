using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>One concept of an audit with its units, in the order in which they are put together.</summary>
/// <param name="Subject">The concept.</param>
/// <param name="Looks">Batches of pictures of its prompts, look by look; a fixed sample is one look.</param>
/// <param name="Probes">Batches of pictures of its probes.</param>
/// <param name="Whole">Metrics that are measured on it as a whole.</param>
public sealed record PlannedSubject(AuditSubject Subject, ImmutableArray<ImmutableArray<AuditUnit>> Looks, ImmutableArray<AuditUnit> Probes, ImmutableArray<AuditUnit> Whole)
{
    /// <summary>All units.</summary>
    public ImmutableArray<AuditUnit> Units => [.. Looks.SelectMany(l => l), .. Probes, .. Whole];

    /// <summary>Number of pictures of each model, when all are drawn.</summary>
    public int Pictures => Units.Sum(u => u.Items.Length);

    /// <summary>The concept's measurements from the results of all its units, or of those up to the end of a look.</summary>
    /// <param name="results">Results by the digest of their unit.</param>
    public SubjectMeasurements Assemble(IReadOnlyDictionary<string, UnitResult> results)
    {
        MeasuredMetric[] whole = [.. Results(Whole, results).Select(r => r.Measured!)];
        var (probes, worst) = OfProbes();
        var pictures = AssemblePictures(results);
        return pictures with
        {
            Pictures = pictures.Pictures + Probes.Sum(u => u.Items.Length),
            Measurements = [.. pictures.Measurements, .. worst, .. whole.Select(m => m.ToMeasurement())],
            Attempts = [.. whole.SelectMany(m => m.Attempts)],
            Probes = probes,
        };

        (ImmutableArray<ProbeResult> Results, ImmutableArray<Measurement> Worst) OfProbes()
        {
            if (Probes.IsEmpty) return ([], []);
            var own = Results(Probes, results);
            var (each, most) = ProbeRecognition.Measure(Subject, Items(Probes), Rows(own, r => r.Edited), Rows(own, r => r.Baseline));
            return (each, [most]);
        }
    }

    /// <summary>What was measured on the pictures of the concept's prompts, up to the last look whose results are there.</summary>
    /// <param name="results">Results by the digest of their unit.</param>
    public SubjectMeasurements AssemblePictures(IReadOnlyDictionary<string, UnitResult> results)
    {
        var taken = Looks.TakeWhile(l => l.All(u => results.ContainsKey(u.Digest))).ToArray();
        // The first look must be there: what is missing is an error, not a sample that was stopped.
        if (taken.Length == 0 && !Looks.IsEmpty) taken = [Looks[0]];
        var looks = taken.Select(units => OfPictures(units, Results(units, results)).ToArray()).ToArray();
        Measurement[] measured = looks.Length == 0 ? [] : [.. looks[0].Select((_, i) => Joined([.. looks.Select(l => l[i])]))];
        int[] ends = Ends(taken.Select(l => l.Sum(u => u.Items.Length)));
        return new SubjectMeasurements(Subject, ends.LastOrDefault(), [.. measured]) { LookEnds = Looks.Length > 1 ? [.. ends] : [] };
    }

    private Measurement Joined(Measurement[] looks)
    {
        if (Looks.Length == 1) return looks[0];
        var all = looks[0] with { Edited = [.. looks.SelectMany(l => l.Edited)], Baseline = [.. looks.SelectMany(l => l.Baseline)] };
        // Every seed gives as many observations as any other.
        var planned = looks[0].Count * Looks.Sum(Pictures) / Pictures(Looks[0]);
        return all with { Ends = [.. Ends(looks.Select(l => l.Count))], Planned = planned, LookCount = Looks.Length };

        static int Pictures(ImmutableArray<AuditUnit> look) => look.Sum(u => u.Items.Length);
    }

    private IEnumerable<Measurement> OfPictures(ImmutableArray<AuditUnit> units, UnitResult[] results)
    {
        var (edited, baseline) = (Rows(results, r => r.Edited), Rows(results, r => r.Baseline));
        return
        [
            .. Metrics.Of(Subject, edited, baseline),
            .. Subject.Companions.IsEmpty ? [] : new[] { Fidelity.Measure(Subject, Items(units), edited, baseline) },
            .. Changes(ImageChanges.Image, r => r.ImageChange),
            .. Changes(ImageChanges.Pixel, r => r.PixelChange),
        ];

        IEnumerable<Measurement> Changes(string metric, Func<UnitResult, ImmutableArray<double>> of)
        {
            ImmutableArray<double> values = [.. results.SelectMany(r => of(r))];
            return values.IsEmpty ? [] : [new Measurement(metric, false, values, [])];
        }
    }

    private static int[] Ends(IEnumerable<int> counts)
    {
        var end = 0;
        return [.. counts.Select(c => end += c)];
    }

    private static UnitResult[] Results(ImmutableArray<AuditUnit> units, IReadOnlyDictionary<string, UnitResult> results) => [.. units.Select(u => results[u.Digest])];

    private static GenerationItem[] Items(ImmutableArray<AuditUnit> units) => [.. units.SelectMany(u => u.Items)];

    private static ImmutableArray<double>[] Rows(UnitResult[] results, Func<UnitResult, ImmutableArray<ImmutableArray<double>>> of) => [.. results.SelectMany(r => of(r))];
}
