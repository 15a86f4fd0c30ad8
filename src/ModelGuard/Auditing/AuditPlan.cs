using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

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
            [.. drawn.Contains(subject.Scope) ? Looks().Select(seeds => Batches(subject, subject.Prompts, seeds)) : []],
            Batches(subject, subject.Probes.Select(p => p.Prompt), Enumerable.Range(0, policy.Generation.Seeds)),
            [.. hasBase ? WholeMetrics.Of(policy, subject.Scope).Select(m => new AuditUnit(subject, m, [], m == AttackSuccess.Metric && policy.Attack.IsFull)) : []]);

        // Each look takes all prompts with some of the seeds: prompts differ more than seeds do.
        IEnumerable<IEnumerable<int>> Looks()
        {
            var (looks, seeds) = (policy.Generation.Looks ?? 1, policy.Generation.Seeds);
            return Enumerable.Range(1, looks).Select(l => (From: SequentialDesign.SeedsAt(l - 1, looks, seeds), To: SequentialDesign.SeedsAt(l, looks, seeds))).Select(l => Enumerable.Range(l.From, l.To - l.From));
        }

        ImmutableArray<AuditUnit> Batches(AuditSubject subject, IEnumerable<string> prompts, IEnumerable<int> seeds)
        {
            var items = from prompt in prompts from seed in seeds select new GenerationItem(prompt, seed);
            return [.. items.Chunk(picturesPerBatch).Select(batch => new AuditUnit(subject, null, [.. batch]))];
        }
    }
}
