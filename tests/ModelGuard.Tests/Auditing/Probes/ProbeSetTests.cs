using ModelGuard.Auditing;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using ModelGuard.Editing.Captions;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Auditing.Probes;

/// <summary>What is asked besides a concept's own prompts, held against what an edit is solved on.</summary>
public sealed class ProbeSetTests
{
    private static readonly string Model = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");

    private static readonly Policy Sample = PolicyReader.Read(Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml")).Policy!;

    private static readonly CLIPTokenizer Tokenizer = CLIPTokenizer.Load(Path.Combine(Model, "tokenizer"));

    [Fact]
    public void Probes_of_the_sample_look_like_this() =>
        Snapshot.Verify(string.Join('\n', Sample.Concepts.Where(c => c.Action == ConceptAction.Remove).SelectMany(c => Of(c, All(c)).Select(p => $"{c.Id} {PolicyWords.Of(p.Kind)}: {p.Prompt}"))));

    [Fact]
    public void Every_kind_gives_probes_for_every_attribute()
    {
        foreach (var attribute in Enum.GetValues<AttributeKind>())
        {
            var probes = Of(Sample.Concepts[0] with { Attribute = attribute, Match = ["some name", "another"] }, new ProbeSection([.. PolicyWords.ProbeKinds.Values], ["nom"], []));

            Assert.Equal(PolicyWords.ProbeKinds.Values.Order(), probes.Select(p => p.Kind).Distinct().Order());
            Assert.DoesNotContain(probes, p => p.Prompt.Contains('{', StringComparison.Ordinal));
            Assert.Equal(probes.Length, probes.Select(p => p.Prompt).Distinct(StringComparer.Ordinal).Count());
        }
    }

    [Fact]
    public void No_probe_is_a_sentence_that_the_edit_is_solved_on_or_one_of_the_concepts_own_prompts()
    {
        var writer = new CaptionWriter(Lexicon.Of(Sample, Tokenizer));
        var edited = EditPrompts.ForEdit(Sample, writer, _ => true).Select(p => p.Old).ToHashSet(StringComparer.Ordinal);

        Assert.True(edited.Count > 40, "The edit has templates and contexts.");
        foreach (var concept in Sample.Concepts.Where(c => c.Action == ConceptAction.Remove))
        {
            var own = AuditSubjects.Of(Sample).Single(s => s.Id == concept.Id).Prompts;
            Assert.DoesNotContain(Of(concept, All(concept)), p => edited.Contains(p.Prompt) || own.Contains(p.Prompt, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void No_template_of_a_probe_is_one_of_an_edit_whatever_the_edit_draws()
    {
        var writer = new CaptionWriter(Lexicon.Of(Sample, Tokenizer));
        foreach (var attribute in Enum.GetValues<AttributeKind>())
        {
            var contexts = writer.Contexts(attribute, 3000).Concat(EditSection.DefaultTemplates).ToHashSet(StringComparer.Ordinal);

            Assert.True(contexts.Count > 20, $"{attribute}");
            Assert.DoesNotContain(ProbeTemplates.Of(attribute).All, contexts.Contains);
        }
    }

    [Fact]
    public void Sentences_that_drift_is_measured_on_are_none_that_an_edit_takes()
    {
        var writer = new CaptionWriter(Lexicon.Of(Sample, Tokenizer));
        foreach (var attribute in Enum.GetValues<AttributeKind>())
        {
            var heldOut = writer.HeldOut(attribute, 12, EditSection.DefaultContexts);

            Assert.NotEmpty(heldOut);
            Assert.Empty(heldOut.Intersect(writer.Contexts(attribute, EditSection.DefaultContexts).Concat(EditSection.DefaultTemplates), StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_template_of_the_policy_that_is_a_probe_is_none_any_more()
    {
        var star = Sample.Concepts[1] with { Probes = new ProbeSection([ProbeKind.Paraphrase], [], []) };
        var policy = Sample with { Edit = Sample.Edit with { Templates = ["the outline of a {}"] } };

        Assert.Equal(["a thing shaped like a star", "the outline of a star"], ProbeSet.Of(star, [], Sample with { Concepts = [star] }).Select(p => p.Prompt), StringComparer.Ordinal);
        Assert.Equal(["a thing shaped like a star"], ProbeSet.Of(star, [], policy with { Concepts = [star] }).Select(p => p.Prompt), StringComparer.Ordinal);
    }

    [Fact]
    public void Prompts_of_a_file_are_probes_as_they_stand_there()
    {
        var probes = Of(Sample.Concepts[1], new ProbeSection([ProbeKind.Negation], [], ["sta tar", "a picture without a star", "sta tar"]));

        Assert.Equal([(ProbeKind.Negation, "a picture without a star"), (ProbeKind.Negation, "this is not a star"), (ProbeKind.Listed, "sta tar")], probes.Select(p => (p.Kind, p.Prompt)));
    }

    private static System.Collections.Immutable.ImmutableArray<Probe> Of(Concept concept, ProbeSection section)
    {
        var probed = concept with { Probes = section };
        return ProbeSet.Of(probed, AuditSubjects.Of(Sample)[0].Prompts, Sample with { Concepts = [probed, .. Sample.Concepts.Where(c => c.Id != concept.Id)] });
    }

    private static ProbeSection All(Concept concept) => new([.. PolicyWords.ProbeKinds.Values.Order()], concept.Id == "star" ? ["étoile", "stern"] : ["ван гог"], []);
}
