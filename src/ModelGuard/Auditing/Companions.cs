using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Auditing;

/// <summary>Another name that a prompt of a concept holds, as a scorer looks for it.</summary>
/// <param name="Name">The preserved name.</param>
/// <param name="Texts">What a picture is compared with: first the sentence with the name, then those of its neighbours that the prompt does not name, too.</param>
public sealed record Companion(string Name, ImmutableArray<string> Texts);

/// <summary>Derives what else the prompts of a concept are about.</summary>
internal static class Companions
{
    /// <summary>The companions of each prompt, in the order of the prompts; a name without any neighbour is none, because among itself alone anything would be recognised.</summary>
    /// <param name="prompts">The prompts, filled in.</param>
    /// <param name="concept">The concept that they are about.</param>
    /// <param name="policy">The policy.</param>
    public static ImmutableArray<ImmutableArray<Companion>> Of(ImmutableArray<string> prompts, Concept concept, Policy policy)
    {
        return [.. prompts.Select(OfPrompt)];

        ImmutableArray<Companion> OfPrompt(string prompt)
        {
            PreservedConcept[] named = [.. OtherNames.In(prompt, concept.Match, policy.Preserve)];
            return [.. named.Select(p => new Companion(p.Name, Texts(p, [.. named.Select(n => n.Name), .. concept.Match]))).Where(c => c.Texts.Length > 1)];
        }

        ImmutableArray<string> Texts(PreservedConcept preserved, ImmutableArray<string> shown) =>
            [.. AuditSubjects.Neighbours(preserved.Attribute, preserved.Distractors, shown, policy).Where(n => !shown.Contains(n, StringComparer.OrdinalIgnoreCase)).Prepend(preserved.Name).Distinct(StringComparer.OrdinalIgnoreCase).Select(n => AuditSubjects.Describe(n, preserved.Attribute))];
    }
}
