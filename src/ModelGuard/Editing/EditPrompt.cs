using System.Collections.Immutable;
using ModelGuard.Editing.Captions;
using ModelGuard.Policies;

namespace ModelGuard.Editing;

/// <summary>A sentence with the concept and the same sentence with its target.</summary>
/// <param name="Concept">The concept's id.</param>
/// <param name="Old">The sentence with the concept.</param>
/// <param name="New">The sentence with the target.</param>
/// <param name="OldSubject">The concept as it stands in the first.</param>
/// <param name="NewSubject">The target as it stands in the second.</param>
public sealed record EditPrompt(string Concept, string Old, string New, string OldSubject, string NewSubject);

/// <summary>The sentences that an edit is solved on.</summary>
public static class EditPrompts
{
    /// <summary>Every name of every concept in every template.</summary>
    public static ImmutableArray<EditPrompt> ForConcepts(Policy policy) => InTemplates(policy, policy.Edit.Templates);

    /// <summary>Every name of every concept in some templates.</summary>
    internal static ImmutableArray<EditPrompt> InTemplates(Policy policy, ImmutableArray<string> templates) =>
    [
        .. from concept in policy.Concepts
           from name in concept.Match
           from template in templates
           select new EditPrompt(concept.Id, Fill(template, name), Fill(template, concept.Target), name, concept.Target),
    ];

    /// <summary>
    /// Every name of every concept in the templates, and in sentences that fit its kind, with other names around it. Where that would be more
    /// than <see cref="EditSection.MostSentences"/>, every name stands in the first template, and in some of the other sentences by turns, so
    /// that all of them are seen with one name or another.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="writer">Writes the sentences.</param>
    /// <param name="fits">Whether the text encoder reads all of a sentence. A long one can push a name out; a template that does so is refused later.</param>
    internal static IEnumerable<EditPrompt> ForEdit(Policy policy, CaptionWriter writer, Func<string, bool> fits)
    {
        var names = policy.Concepts.SelectMany(c => c.Match.Select(name => (Concept: c, Name: name))).OrderBy(n => n.Name, StringComparer.Ordinal).ThenBy(n => n.Concept.Target, StringComparer.Ordinal).ToArray();
        var contexts = policy.Concepts.Select(c => c.Attribute).Distinct().ToDictionary(kind => kind, kind => writer.Contexts(kind, policy.Edit.Contexts));
        var each = Math.Max(EditSection.MostSentences / Math.Max(names.Length, 1), 2);
        return names.SelectMany((n, turn) => Turns(policy.Edit.Templates.Length + contexts[n.Concept.Attribute].Length, turn, each).Select(i => Sentence(n.Concept, n.Name, i)).OfType<EditPrompt>());

        EditPrompt? Sentence(Concept concept, string name, int number)
        {
            if (number < policy.Edit.Templates.Length) return Of(Fill(policy.Edit.Templates[number], name), Fill(policy.Edit.Templates[number], concept.Target));
            var context = contexts[concept.Attribute][number - policy.Edit.Templates.Length];
            return Of(CaptionWriter.Fill(context, name), CaptionWriter.Fill(context, concept.Target)) is var prompt && fits(prompt.Old) && fits(prompt.New) ? prompt : null;

            EditPrompt Of(string old, string target) => new(concept.Id, old, target, name, concept.Target);
        }

        static IEnumerable<int> Turns(int all, int turn, int each) => all <= each
            ? Enumerable.Range(0, all)
            : Enumerable.Range(0, each - 1).Select(i => 1 + (((turn * (each - 1)) + i) % (all - 1))).Prepend(0);
    }

    /// <summary>Every preserved name in every template, each sentence once.</summary>
    public static ImmutableArray<string> ForPreserved(Policy policy) =>
        [.. policy.Preserve.SelectMany(p => policy.Edit.Templates.Select(t => Fill(t, p.Name))).Distinct(StringComparer.Ordinal)];

    private static string Fill(string template, string name) => template.Replace(CaptionWriter.Slot, name, StringComparison.Ordinal);
}
