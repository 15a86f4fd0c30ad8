using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;

namespace ModelGuard.Auditing;

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
        var drawn = policy.Gates.Where(g => g.Metric != ProbeRecognition.Metric && !WholeMetrics.Contain(g.Metric)).Select(g => g.On).ToHashSet();
        return new AuditPlan([.. AuditSubjects.Of(policy).Where(s => scopes.Contains(s.Scope)).Select(Plan)]);

        PlannedSubject Plan(AuditSubject subject) => new(
            subject,
            drawn.Contains(subject.Scope) ? Batches(subject, subject.Prompts) : [],
            Batches(subject, subject.Probes.Select(p => p.Prompt)),
            [.. hasBase ? WholeMetrics.Of(policy, subject.Scope).Select(m => new AuditUnit(subject, m, [])) : []]);

        ImmutableArray<AuditUnit> Batches(AuditSubject subject, IEnumerable<string> prompts)
        {
            var items = from prompt in prompts from seed in Enumerable.Range(0, policy.Generation.Seeds) select new GenerationItem(prompt, seed);
            return [.. items.Chunk(picturesPerBatch).Select(batch => new AuditUnit(subject, null, [.. batch]))];
        }
    }
}
