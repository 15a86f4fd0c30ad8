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

    /// <summary>Every name of every concept in sentences that fit its kind, with other names around it.</summary>
    internal static ImmutableArray<EditPrompt> InContext(Policy policy, CaptionWriter writer) =>
    [
        .. from concept in policy.Concepts
           from context in writer.Contexts(concept.Attribute, policy.Edit.ContextsOf(policy.Concepts))
           from name in concept.Match
           select new EditPrompt(concept.Id, CaptionWriter.Fill(context, name), CaptionWriter.Fill(context, concept.Target), name, concept.Target),
    ];

    /// <summary>Every preserved name in every template, each sentence once.</summary>
    public static ImmutableArray<string> ForPreserved(Policy policy) =>
        [.. policy.Preserve.SelectMany(p => policy.Edit.Templates.Select(t => Fill(t, p.Name))).Distinct(StringComparer.Ordinal)];

    private static string Fill(string template, string name) => template.Replace(CaptionWriter.Slot, name, StringComparison.Ordinal);
}
