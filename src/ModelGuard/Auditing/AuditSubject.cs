using System.Collections.Immutable;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Auditing;

/// <summary>One concept as an audit sees it.</summary>
/// <param name="Id">The concept's id, or the preserved name.</param>
/// <param name="DisplayName">What it is called in public.</param>
/// <param name="Scope">Whether it is removed, updated or preserved.</param>
/// <param name="Severity">How much it matters; preserved concepts matter critically.</param>
/// <param name="Prompts">What pictures are made from.</param>
/// <param name="Texts">What the scorer compares a picture with: first what is looked for, then what it could be taken for.</param>
/// <param name="OldText">The old look of an updated concept, as the scorer reads it; null otherwise.</param>
/// <param name="Location">Where it stands in the policy.</param>
public sealed record AuditSubject(string Id, string DisplayName, GateScope Scope, Severity Severity, ImmutableArray<string> Prompts, ImmutableArray<string> Texts, string? OldText, SourceLocation Location)
{
    /// <summary>What else each of the prompts names, where a gate looks for that; empty otherwise.</summary>
    public ImmutableArray<ImmutableArray<Companion>> Companions { get; init; } = [];

    /// <summary>Other ways to ask for it, where a gate looks at them; empty otherwise.</summary>
    public ImmutableArray<Probe> Probes { get; init; } = [];

    /// <summary>All that a picture is compared with: <see cref="Texts"/>, then what companions need besides.</summary>
    public ImmutableArray<string> Columns => [.. Texts, .. Companions.SelectMany(p => p).SelectMany(c => c.Texts).Except(Texts, StringComparer.Ordinal)];
}

/// <summary>Derives what an audit looks at from a policy.</summary>
public static class AuditSubjects
{
    private const string Placeholder = "{concept}";

    /// <summary>Concepts, then preserved names, in the policy's order.</summary>
    public static ImmutableArray<AuditSubject> Of(Policy policy) => [.. policy.Concepts.Select(c => OfConcept(c, policy)), .. policy.Preserve.Select(p => OfPreserved(p, policy))];

    /// <summary>A concept's prompts for tracing, with the texts that its pictures are judged by. Of a fact the old look is looked for: it is what the base knows.</summary>
    public static ImmutableArray<TraceSubject> ToTrace(Concept concept, Policy policy)
    {
        var texts = OfConcept(concept, policy).Texts;
        if (concept.Action == ConceptAction.Update) texts = [texts[1], texts[0], .. texts[2..]];
        return [.. TraceSubjects.Of(concept, policy).Select(s => s with { Texts = texts })];
    }

    private static AuditSubject OfConcept(Concept concept, Policy policy)
    {
        var isUpdate = concept.Action == ConceptAction.Update;
        ImmutableArray<string> prompts = [.. concept.Match.SelectMany(name => concept.Prompts.Select(p => p.Replace(Placeholder, name, StringComparison.Ordinal))).Distinct(StringComparer.Ordinal)];
        // What was removed is looked for among its replacement and its neighbours; the new look of a fact among the old one and the others'.
        string[] texts = isUpdate
            ? [concept.Target, concept.From!, .. concept.Distractors]
            : [.. new[] { concept.Match[0], concept.Target }.Concat(Neighbours(concept.Attribute, concept.Distractors, concept.Match, policy)).Distinct(StringComparer.OrdinalIgnoreCase).Select(n => Describe(n, concept.Attribute))];
        var scope = isUpdate ? GateScope.Updated : GateScope.Removed;
        return new AuditSubject(concept.Id, concept.DisplayName ?? concept.Id, scope, concept.Severity, prompts, [.. texts], concept.From, concept.Location)
        {
            Companions = policy.Gates.Any(g => g.Metric == Fidelity.Metric && g.On == scope) ? Auditing.Companions.Of(prompts, concept, policy) : [],
            Probes = ProbeRecognition.IsAskedFor(policy) ? ProbeSet.Of(concept, prompts, policy) : [],
        };
    }

    private static AuditSubject OfPreserved(PreservedConcept preserved, Policy policy)
    {
        string[] prompts = [.. preserved.Prompts.Select(p => p.Replace(Placeholder, preserved.Name, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)];
        var names = new[] { preserved.Name }.Concat(Neighbours(preserved.Attribute, preserved.Distractors, [preserved.Name], policy)).Distinct(StringComparer.OrdinalIgnoreCase);
        return new AuditSubject(preserved.Name, preserved.Name, GateScope.Preserved, Severity.Critical, [.. prompts], [.. names.Select(n => Describe(n, preserved.Attribute))], null, preserved.Location);
    }

    /// <summary>The distractors that the policy names, else everything else of the same kind in it.</summary>
    internal static IEnumerable<string> Neighbours(AttributeKind? kind, ImmutableArray<string> named, IReadOnlyList<string> own, Policy policy) => named.IsEmpty
        ? policy.Preserve.Where(p => p.Attribute == kind).Select(p => p.Name)
            .Concat(policy.Concepts.Where(c => c.Attribute == kind).Select(c => c.Match[0]))
            .Where(n => !own.Contains(n, StringComparer.OrdinalIgnoreCase))
        : named;

    /// <summary>The sentence by which a scorer knows a name: a bare name is a poor description of a picture.</summary>
    internal static string Describe(string name, AttributeKind? kind) => kind switch
    {
        AttributeKind.Object => $"a picture of a {name}",
        AttributeKind.Style => $"a painting in the style of {name}",
        AttributeKind.Color or AttributeKind.Action => $"something {name}",
        _ => name,
    };
}
