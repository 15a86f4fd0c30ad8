using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Tracing;

/// <summary>What of a policy is traced.</summary>
public static class TraceSubjects
{
    /// <summary>A word that stands for nothing in particular, where a policy names nothing unrelated.</summary>
    public const string PlainDonor = "window";

    /// <summary>A concept's own prompts under its first name, as the audit makes pictures from them; the description for the scorer is the name.</summary>
    public static ImmutableArray<TraceSubject> Of(Concept concept, Policy policy)
    {
        var name = concept.Match[0];
        return
        [
            .. from prompt in concept.Prompts.Select(p => p.Replace("{concept}", name, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)
               select new TraceSubject(prompt, name, Donor(concept, policy, prompt), concept.Target, [name]),
        ];
    }

    /// <summary>The first preserved name of another kind that the prompt does not speak of.</summary>
    private static string Donor(Concept concept, Policy policy, string prompt) => policy.Preserve
        .Where(p => p.Attribute is not null && p.Attribute != concept.Attribute && !prompt.Contains(p.Name, StringComparison.OrdinalIgnoreCase))
        .Select(p => p.Name).FirstOrDefault() ?? PlainDonor;
}
