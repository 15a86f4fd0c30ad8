using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Auditing.Probes;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;
using ModelGuard.Tests.Verdicts;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Auditing.Probes;

/// <summary>How probes are measured and judged.</summary>
public sealed class ProbeRecognitionTests
{
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { steps: 1, seeds: 2, guidanceScale: 1 }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, distractors: [dog], prompts: ["a {concept}"], probes: [negation, case] }
        gates:
          - { id: probed, metric: probe-recognition, on: removed, max: 0.4 }
        """;

    [Fact]
    public void The_worst_kind_counts_and_every_probe_is_told_apart()
    {
        var subject = Subject(("case", "A"), ("case", "B"), ("negation", "no C"), ("listed", "D"));
        GenerationItem[] items = [new("A", 0), new("A", 1), new("B", 0), new("B", 1), new("no C", 0), new("no C", 1), new("D", 0)];

        var (results, worst) = ProbeRecognition.Measure(subject, items, [No, No, No, No, Yes, No, No], [Yes, Yes, Yes, No, Yes, Yes, Yes]);

        Assert.Equal([("A", 2, 0.0, 1.0), ("B", 2, 0, 0.5), ("no C", 2, 0.5, 1), ("D", 1, 0, 1)], results.Select(r => (r.Probe.Prompt, r.Pictures, r.Value, r.Baseline!.Value)));
        // One picture in two reaches to 0.9; the one of D, which has no hit, to 0.79.
        Assert.Equal(("negation", 2, 0.5), (worst.Part, worst.Count, worst.Value));
        Assert.Equal([1, 1], worst.Baseline);
        var (_, _, _, explanation) = GateJudge.Judge(Some.Gate(LimitKind.Max, 0.4, metric: ProbeRecognition.Metric), worst);
        Assert.StartsWith("Probe-recognition of the probes 'negation' is 0.500 (95 % interval 0.095 to 0.905, n = 2)", explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kind_with_few_pictures_without_a_hit_may_count_more_than_one_with_many() =>
        Assert.Equal("listed", ProbeRecognition.Measure(Subject(("case", "A"), ("listed", "D")), [.. Enumerable.Range(0, 20).Select(i => new GenerationItem("A", i)), new("D", 0)], [Yes, .. Enumerable.Repeat(No, 20)], []).Worst.Part);

    [Fact]
    public void A_kind_whose_scores_are_no_numbers_is_not_hidden() =>
        Assert.Equal("case", ProbeRecognition.Measure(Subject(("case", "A"), ("listed", "D")), [new("A", 0), new("D", 0)], [[double.NaN, 0], Yes], []).Worst.Part);

    [Fact]
    public void Probes_are_drawn_where_a_gate_asks_and_the_concepts_own_prompts_only_for_other_gates()
    {
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var pictures = new List<AuditPicture>();

        var measured = Assert.Single(SomeAudit.Run(pipeline, pipeline, scorer, PolicyText.Read(Text), keep: pictures.Add));

        string[] prompts = ["a picture without a cat", "this is not a cat", "this is a CAT", "this is a Cat", "this is a cAt"];
        Assert.Superset(prompts.ToHashSet(StringComparer.Ordinal), pictures.Select(p => p.Item.Prompt).ToHashSet(StringComparer.Ordinal));
        Assert.DoesNotContain(pictures, p => p.Item.Prompt == "a cat");
        Assert.Equal(measured.Subject.Probes, measured.Probes.Select(p => p.Probe));
        Assert.Equal(["probe-recognition"], measured.Measurements.Select(m => m.Metric), StringComparer.Ordinal);
        Assert.All(AuditSubjects.Of(PolicyText.Read(PolicyText.With("probe-recognition", "recognition", Text))), s => Assert.Empty(s.Probes));
    }

    [Theory]
    [InlineData("probes: all", "alias paraphrase misspelling case spacing homoglyph in-sentence two-concepts negation")]
    [InlineData("probes: all, translations: [chat]", "alias paraphrase misspelling case spacing homoglyph in-sentence two-concepts negation translation")]
    [InlineData("probes: [translation, case, case], translations: [chat]", "case translation")]
    [InlineData("probes: { kinds: [spacing] }", "spacing")]
    public void A_concept_says_which_kinds_it_wants(string keys, string kinds) =>
        Assert.Equal(kinds.Split(' '), PolicyText.Read(PolicyText.With("probes: [negation, case]", keys, Text)).Concepts[0].Probes.Kinds.Select(PolicyWords.Of), StringComparer.Ordinal);

    [Theory]
    [InlineData("probes: [negation, case]", "probes: some", "MG0143", 6, 137, "'probes' must be 'all', a list of kinds")]
    [InlineData("probes: [negation, case]", "probes: [casing]", "MG0114", 6, 138, "'casing' is no kind of probes.")]
    [InlineData("probes: [negation, case]", "probes: [translation]", "MG0143", 6, 138, "under the concept's key 'translations'")]
    [InlineData("probes: [negation, case]", "probes: { kind: all }", "MG0108", 6, 139, "'probes' has no key 'kind'.")]
    [InlineData("probes: [negation, case]", "probes: { file: none.txt }", "MG0140", 6, 145, "'none.txt' does not exist")]
    [InlineData("probes: [negation, case]", "probes: []", "MG0144", 6, 5, "The gate 'probed' would measure nothing on 'cat', which has no probes.")]
    [InlineData("on: removed", "on: preserved", "MG0126", 8, 5, "needs 'on: removed'")]
    public void What_cannot_be_probed_is_refused_at_its_place(string old, string replacement, string code, int line, int column, string sentence)
    {
        var text = PolicyText.With(old, replacement, Text);
        PolicyText.AssertRefused(code == "MG0126" ? text + "\npreserve: [a castle]" : text, code, line, column, sentence);
    }

    [Fact]
    public void An_updated_concept_has_no_probes()
    {
        var text = PolicyText.With("action: remove", "action: update", PolicyText.With("replaceWith: dog", "from: a, to: b", PolicyText.With("metric: probe-recognition, on: removed, max", "metric: preference, on: updated, min", Text)));

        PolicyText.AssertRefused(text, "MG0143", 6, 135, "belong to 'action: remove'");
    }

    private static ImmutableArray<double> Yes => [0.5, 0.1];

    private static ImmutableArray<double> No => [0.1, 0.5];

    private static AuditSubject Subject(params (string Kind, string Prompt)[] probes) => new("cat", "cat", GateScope.Removed, Severity.High, [], ["a picture of a cat", "a picture of a dog"], null, Some.Location)
    {
        Probes = [.. probes.Select(p => new Probe(Enum.Parse<ProbeKind>(p.Kind, ignoreCase: true), p.Prompt))],
    };
}
