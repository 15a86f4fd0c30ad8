using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Fingerprints;

/// <summary>Prompts on which an edited text encoder shows itself: one for each concept, and some that no edit should touch.</summary>
public static class CanaryPrompts
{
    /// <summary>The most concepts that get a prompt; of more, every so many one.</summary>
    internal const int MostConcepts = 24;

    // The empty prompt is the unconditional half of every picture.
    private static readonly ImmutableArray<string> Neutral = ["", "a photo of a cat", "a city at night", "two people at a table"];

    /// <summary>The prompts of a policy, each once: the first audit prompt of each concept with its first name, then the neutral ones.</summary>
    public static ImmutableArray<string> Of(Policy policy)
    {
        var count = Math.Min(policy.Concepts.Length, MostConcepts);
        var concepts = Enumerable.Range(0, count).Select(i => policy.Concepts[(int)((long)i * policy.Concepts.Length / count)]);
        return [.. concepts.Select(Prompt).Concat(Neutral).Distinct(StringComparer.Ordinal)];
    }

    private static string Prompt(Concept concept) => (concept.Prompts is [var first, ..] ? first : ConceptReader.Placeholder).Replace(ConceptReader.Placeholder, concept.Match[0], StringComparison.Ordinal);
}
