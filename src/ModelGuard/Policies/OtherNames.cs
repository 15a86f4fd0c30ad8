using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>Finds what a prompt names besides its concept.</summary>
internal static class OtherNames
{
    // Keeps what stands on both sides of a name from becoming one name.
    private const string Gap = " , ";

    /// <summary>The preserved names of some kind that stand in a prompt as whole words, beside the names of its concept.</summary>
    /// <param name="prompt">The prompt, with or without a place for the name.</param>
    /// <param name="own">The concept's names.</param>
    /// <param name="preserve">The preserved names.</param>
    public static IEnumerable<PreservedConcept> In(string prompt, ImmutableArray<string> own, IEnumerable<PreservedConcept> preserve)
    {
        var rest = own.OrderByDescending(n => n.Length).Aggregate(prompt.Replace(ConceptReader.Placeholder, Gap, StringComparison.Ordinal), (text, name) => text.Replace(name, Gap, StringComparison.OrdinalIgnoreCase));
        return preserve.Where(p => p.Attribute is not null && WholeWords.Contain(rest, p.Name));
    }
}
