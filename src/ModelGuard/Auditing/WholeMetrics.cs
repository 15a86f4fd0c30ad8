using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Auditing;

/// <summary>Metrics that are measured on a concept as a whole, without the pictures of its prompts. All compare with the base.</summary>
internal static class WholeMetrics
{
    private static readonly ImmutableArray<(string Metric, GateScope Scope)> All = [(CausalTrace.Metric, GateScope.Removed), (AttackSuccess.Metric, GateScope.Removed), (Drift.Metric, GateScope.Preserved)];

    /// <summary>Whether a metric is one of them.</summary>
    public static bool Contain(string metric) => All.Any(m => m.Metric == metric);

    /// <summary>Those that some gate asks for on concepts of a scope.</summary>
    public static IEnumerable<string> Of(Policy policy, GateScope scope) => All.Where(m => m.Scope == scope && policy.Gates.Any(g => g.Metric == m.Metric)).Select(m => m.Metric);

    /// <summary>All that such a measurement depends on besides models, scorer and settings.</summary>
    public static IEnumerable<(string Name, string Value)> Fields(string metric, AuditSubject subject, Policy policy)
    {
        if (metric == Drift.Metric) return DriftFields(subject, policy);
        var traced = AuditSubjects.ToTrace(Concept(subject, policy), policy).SelectMany(s => new[] { ("prompt", s.Prompt), ("subject", s.Subject), ("donor", s.Donor), ("contrast", s.Contrast ?? "") }.Concat(s.Texts.Select(t => ("text", t))));
        return metric == AttackSuccess.Metric ? traced.Concat(Fields(policy.Attack)) : traced;
    }

    /// <summary>The concept of a subject that is to be removed or updated.</summary>
    public static Concept Concept(AuditSubject subject, Policy policy) => policy.Concepts.First(c => c.Id == subject.Id);

    /// <summary>The preserved name of a subject.</summary>
    public static PreservedConcept Preserved(AuditSubject subject, Policy policy) => policy.Preserve.First(p => p.Name == subject.Id);

    private static IEnumerable<(string, string)> Fields(AttackSection attack) =>
        [("budget", FormattableString.Invariant($"{attack.Prompts} {attack.Seeds} {attack.Iterations} {attack.Candidates} {attack.Tokens} {attack.IsFull}")), .. attack.Methods.Select(m => ("attack", m))];

    // Sentences are made of all names of a policy, and depend on how many the edit takes.
    private static IEnumerable<(string, string)> DriftFields(AuditSubject subject, Policy policy) =>
    [
        ("attribute", Preserved(subject, policy).Attribute?.ToString() ?? ""),
        ("name", subject.Id),
        .. subject.Prompts.Select(p => ("prompt", p)),
        .. policy.Preserve.Select(p => ("word", $"{p.Attribute} {p.Name}")),
        .. policy.Concepts.SelectMany(c => c.Match).Select(m => ("forbidden", m)),
        ("edit", FormattableString.Invariant($"{policy.Edit.Contexts} {policy.Edit.Captions}")),
    ];
}
