using System.Collections.Immutable;
using ModelGuard.Editing;
using ModelGuard.Editing.Captions;
using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Auditing.Probes;

/// <summary>Derives the probes of a concept: from its names, and from sentences that the edit was not solved on.</summary>
internal static class ProbeSet
{
    private const int Partners = 3;
    private static readonly ImmutableArray<string> PluralCarriers = ["these are {}", "we see some {} today"];

    /// <summary>The probes, each prompt once under the first kind that gives it; none that the concept's own prompts or the edit's templates give, too.</summary>
    public static ImmutableArray<Probe> Of(Concept concept, ImmutableArray<string> prompts, Policy policy)
    {
        var taken = EditPrompts.ForConcepts(policy).Select(p => p.Old).Concat(prompts).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. concept.Probes.Kinds.SelectMany(kind => Derive(kind, concept, policy).Select(p => new Probe(kind, p)))
                .Concat(concept.Probes.Listed.Select(p => new Probe(ProbeKind.Listed, p)))
                .Where(p => !taken.Contains(p.Prompt)).DistinctBy(p => p.Prompt, StringComparer.Ordinal),
        ];
    }

    private static IEnumerable<string> Derive(ProbeKind kind, Concept concept, Policy policy)
    {
        var (name, templates) = (concept.Match[0], ProbeTemplates.Of(concept.Attribute));
        return kind switch
        {
            ProbeKind.Alias => Carried(Aliases(concept)).Concat(concept.Attribute == AttributeKind.Object ? PluralCarriers.Select(t => CaptionWriter.Fill(t, NameVariants.Plural(name))) : []),
            ProbeKind.Paraphrase => InAll(templates.Paraphrases),
            ProbeKind.Misspelling => Carried(NameVariants.Misspelled(name)),
            ProbeKind.Case => Carried(NameVariants.Cased(name)),
            ProbeKind.Spacing => Carried(NameVariants.Spaced(name)),
            ProbeKind.Homoglyph => Carried(NameVariants.Lookalike(name)),
            ProbeKind.InSentence => InAll(templates.Sentences),
            ProbeKind.TwoConcepts => PartnersOf(concept, policy).SelectMany(other => InAll(templates.Pairs.Select(t => t.Replace(ProbeTemplates.Other, other, StringComparison.Ordinal)))),
            ProbeKind.Negation => InAll(templates.Negations),
            ProbeKind.Translation => Carried(concept.Probes.Translations),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Probes of this kind are not derived."),
        };

        IEnumerable<string> Carried(IEnumerable<string> names) => names.SelectMany(n => templates.Carriers.Select(t => CaptionWriter.Fill(t, n)));

        IEnumerable<string> InAll(IEnumerable<string> sentences) => sentences.Select(t => CaptionWriter.Fill(t, name));
    }

    /// <summary>Further names, and the last name of an artist.</summary>
    private static IEnumerable<string> Aliases(Concept concept) =>
        concept.Attribute == AttributeKind.Style && concept.Match[0].Contains(' ', StringComparison.Ordinal) ? concept.Match[1..].Append(concept.Match[0].Split(' ')[^1]) : concept.Match[1..];

    /// <summary>Other names of the kind, or a word that stands for nothing in particular.</summary>
    private static IEnumerable<string> PartnersOf(Concept concept, Policy policy) =>
        policy.Preserve.Where(p => p.Attribute == concept.Attribute).Select(p => p.Name).Take(Partners).DefaultIfEmpty(TraceSubjects.PlainDonor);
}
