using System.Collections.Immutable;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;

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
        return new SubjectMeasurements(Subject, Pictures, [.. Metrics.Of(Subject, edited, baseline), .. whole.Select(m => m.ToMeasurement())]) { Attempts = [.. whole.SelectMany(m => m.Attempts)] };
    }
}

/// <summary>What an audit computes: every concept that some gate looks at, in units that do not depend on each other.</summary>
/// <param name="Subjects">Concepts, then preserved names, in the policy's order.</param>
public sealed record AuditPlan(ImmutableArray<PlannedSubject> Subjects)
{
    // Both compare with the base.
    private static readonly ImmutableArray<string> WholeMetrics = [CausalTrace.Metric, AttackSuccess.Metric];

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
        return new AuditPlan([.. AuditSubjects.Of(policy).Where(s => scopes.Contains(s.Scope)).Select(s => new PlannedSubject(s, [.. Batches(s), .. Whole(s)]))]);

        IEnumerable<AuditUnit> Batches(AuditSubject subject)
        {
            var items = from prompt in subject.Prompts from seed in Enumerable.Range(0, policy.Generation.Seeds) select new GenerationItem(prompt, seed);
            return items.Chunk(picturesPerBatch).Select(batch => new AuditUnit(subject, null, [.. batch]));
        }

        IEnumerable<AuditUnit> Whole(AuditSubject subject) => WholeMetrics
            .Where(m => hasBase && subject.Scope == GateScope.Removed && policy.Gates.Any(g => g.Metric == m))
            .Select(m => new AuditUnit(subject, m, []));
    }
}
