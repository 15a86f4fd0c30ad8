using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>One concept of an audit with its units, in the order in which they are put together.</summary>
/// <param name="Subject">The concept.</param>
/// <param name="Units">Batches of its pictures, then metrics that draw their own.</param>
public sealed record PlannedSubject(AuditSubject Subject, ImmutableArray<AuditUnit> Units)
{
    /// <summary>Number of pictures of each model.</summary>
    public int Pictures => Units.Sum(u => u.Items.Length);

    /// <summary>The concept's measurements from the results of all its units.</summary>
    /// <param name="results">Results by the digest of their unit.</param>
    public SubjectMeasurements Assemble(IReadOnlyDictionary<string, UnitResult> results)
    {
        UnitResult[] own = [.. Units.Select(u => results[u.Digest])];
        var pictures = own.Where(r => r.Measured is null).ToArray();
        ImmutableArray<double>[] edited = [.. pictures.SelectMany(r => r.Edited)], baseline = [.. pictures.SelectMany(r => r.Baseline)];
        MeasuredMetric[] whole = [.. own.Select(r => r.Measured).OfType<MeasuredMetric>()];
        return new SubjectMeasurements(Subject, Pictures, [.. OfPictures(), .. whole.Select(m => m.ToMeasurement())]) { Attempts = [.. whole.SelectMany(m => m.Attempts)] };

        IEnumerable<Measurement> OfPictures()
        {
            if (pictures.Length == 0) return [];
            return
            [
                .. Metrics.Of(Subject, edited, baseline),
                .. Subject.Companions.IsEmpty ? [] : new[] { Fidelity.Measure(Subject, [.. Units.SelectMany(u => u.Items)], edited, baseline) },
                .. Changes(ImageChanges.Image, r => r.ImageChange),
                .. Changes(ImageChanges.Pixel, r => r.PixelChange),
            ];
        }

        IEnumerable<Measurement> Changes(string metric, Func<UnitResult, ImmutableArray<double>> of)
        {
            ImmutableArray<double> values = [.. pictures.SelectMany(r => of(r))];
            return values.IsEmpty ? [] : [new Measurement(metric, false, values, [])];
        }
    }
}

/// <summary>What an audit computes: every concept that some gate looks at, in units that do not depend on each other.</summary>
/// <param name="Subjects">Concepts, then preserved names, in the policy's order.</param>
public sealed record AuditPlan(ImmutableArray<PlannedSubject> Subjects)
{
    /// <summary>All units, each once.</summary>
    public ImmutableArray<AuditUnit> Units => [.. Subjects.SelectMany(s => s.Units).DistinctBy(u => u.Digest, StringComparer.Ordinal)];

    /// <summary>The measurements of all concepts, from the results of all units.</summary>
    public ImmutableArray<SubjectMeasurements> Assemble(IEnumerable<UnitResult> results)
    {
        var known = results.ToDictionary(r => r.Unit, StringComparer.Ordinal);
        return [.. Subjects.Select(s => s.Assemble(known))];
    }

    /// <summary>The plan of a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="picturesPerBatch">How many pictures of this model are computed together.</param>
    /// <param name="hasBase">Whether there is a base to compare with.</param>
    public static AuditPlan Of(Policy policy, int picturesPerBatch, bool hasBase = true)
    {
        var scopes = policy.Gates.Select(g => g.On).ToHashSet();
        var drawn = policy.Gates.Where(g => !WholeMetrics.Contain(g.Metric)).Select(g => g.On).ToHashSet();
        return new AuditPlan([.. AuditSubjects.Of(policy).Where(s => scopes.Contains(s.Scope)).Select(s => new PlannedSubject(s, [.. Batches(s), .. hasBase ? Whole(s) : []]))]);

        IEnumerable<AuditUnit> Batches(AuditSubject subject)
        {
            if (!drawn.Contains(subject.Scope)) return [];
            var items = from prompt in subject.Prompts from seed in Enumerable.Range(0, policy.Generation.Seeds) select new GenerationItem(prompt, seed);
            return items.Chunk(picturesPerBatch).Select(batch => new AuditUnit(subject, null, [.. batch]));
        }

        IEnumerable<AuditUnit> Whole(AuditSubject subject) => WholeMetrics.Of(policy, subject.Scope).Select(m => new AuditUnit(subject, m, []));
    }
}
