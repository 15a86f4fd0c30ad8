using System.Collections.Immutable;
using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Auditing;

/// <summary>What of a policy is traced.</summary>
public static class TraceSubjects
{
    /// <summary>A word that stands for nothing in particular, where a policy names nothing unrelated.</summary>
    public const string PlainDonor = "window";

    /// <summary>A concept's own prompts under its first name, as the audit makes pictures from them. Of a fact the old look is looked for: it is what the base knows.</summary>
    public static ImmutableArray<TraceSubject> Of(Concept concept, Policy policy)
    {
        var name = concept.Match[0];
        var texts = AuditSubjects.Of(policy).First(s => s.Id == concept.Id && s.Scope != GateScope.Preserved).Texts;
        if (concept.Action == ConceptAction.Update) texts = [texts[1], texts[0], .. texts[2..]];
        return
        [
            .. from prompt in concept.Prompts.Select(p => p.Replace("{concept}", name, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)
               select new TraceSubject(prompt, name, Donor(concept, policy, prompt), concept.Target, texts),
        ];
    }

    /// <summary>The first preserved name of another kind that the prompt does not speak of.</summary>
    private static string Donor(Concept concept, Policy policy, string prompt) => policy.Preserve
        .Where(p => p.Attribute is not null && p.Attribute != concept.Attribute && !prompt.Contains(p.Name, StringComparison.OrdinalIgnoreCase))
        .Select(p => p.Name).FirstOrDefault() ?? PlainDonor;
}
