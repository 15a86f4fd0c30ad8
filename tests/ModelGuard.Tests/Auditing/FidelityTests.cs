using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tests.Policies;

namespace ModelGuard.Tests.Auditing;

/// <summary>What else the prompts of a concept name, and whether pictures still show it.</summary>
public sealed class FidelityTests
{
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        concepts:
          - { id: star, action: remove, attribute: object, match: [star, red sun], replaceWith: circle, prompts: ["a red {concept}", "a {concept}", "a green {concept} by Monet, seen from a tower", "a blue and green star"] }
        preserve:
          - { name: red, attribute: color }
          - { name: green, attribute: color }
          - { name: blue, attribute: color }
          - { name: monet, attribute: style, distractors: [turner] }
          - { name: tower, attribute: object }
          - { name: see, attribute: action }
          - a green star
        gates: [{ id: faithful, metric: fidelity, on: removed, min: 0.5 }]
        """;

    private static readonly AuditSubject Star = AuditSubjects.Of(PolicyText.Read(Text))[0];

    [Theory]
    // Of 'star', then of 'red sun', whose own red is none that the prompt names besides; 'see' is no whole word of 'seen', and 'tower' has no neighbour but the star.
    [InlineData("a red star", "red")]
    [InlineData("a star", "")]
    [InlineData("a green star by Monet, seen from a tower", "green|monet")]
    [InlineData("a blue and green star", "green|blue")]
    [InlineData("a red red sun", "red")]
    [InlineData("a red sun", "")]
    public void A_prompt_names_preserved_names_of_some_kind_besides_its_concept(string prompt, string names)
    {
        var named = Star.Companions[Star.Prompts.IndexOf(prompt, StringComparer.Ordinal)];

        Assert.Equal(names.Split('|', StringSplitOptions.RemoveEmptyEntries), named.Select(c => c.Name), StringComparer.Ordinal);
    }

    [Fact]
    public void Each_is_recognised_among_neighbours_that_the_prompt_does_not_show_either()
    {
        Assert.Equal(["something green", "something red", "something blue"], Texts("a green star by Monet, seen from a tower", "green"), StringComparer.Ordinal);
        Assert.Equal(["something green", "something red"], Texts("a blue and green star", "green"), StringComparer.Ordinal);
        Assert.Equal(["a painting in the style of monet", "a painting in the style of turner"], Texts("a green star by Monet, seen from a tower", "monet"), StringComparer.Ordinal);
        Assert.Equal(Star.Texts, Star.Columns[..Star.Texts.Length], StringComparer.Ordinal);
        Assert.Equal(Star.Columns.Distinct(StringComparer.Ordinal), Star.Columns, StringComparer.Ordinal);

        static ImmutableArray<string> Texts(string prompt, string name) => Star.Companions[Star.Prompts.IndexOf(prompt, StringComparer.Ordinal)].Single(c => c.Name == name).Texts;
    }

    [Fact]
    public void A_picture_counts_when_it_shows_all_of_them_and_one_of_a_prompt_without_any_is_no_observation()
    {
        GenerationItem[] items = [new("a red star", 0), new("a star", 0), new("a blue and green star", 0), new("a blue and green star", 1), new("a red star", 1)];
        ImmutableArray<double>[] edited = [Row("something red"), Row(), Row("something blue", "something green"), Row("something blue"), Row("something green")];

        var measured = Fidelity.Measure(Star, items, edited, edited);

        Assert.Equal([1, 1, 0, 0], measured.Edited);
        Assert.Equal(measured.Edited, measured.Baseline);
        Assert.True(measured.IsProportion);

        static ImmutableArray<double> Row(params string[] shown) => [.. Star.Columns.Select(c => shown.Contains(c, StringComparer.Ordinal) ? 0.5 : 0.1)];
    }

    [Fact]
    public void A_scorer_that_gives_no_numbers_shows_nothing() =>
        Assert.Equal([double.NaN], Fidelity.Measure(Star, [new("a blue and green star", 0)], [[.. Star.Columns.Select(c => c == "something red" ? double.NaN : 0.1)]], []).Edited);

    [Fact]
    public void Nobody_compares_with_companions_where_no_gate_asks()
    {
        var subject = AuditSubjects.Of(PolicyText.Read(PolicyText.With("metric: fidelity", "metric: recognition", Text)))[0];

        Assert.Empty(subject.Companions);
        Assert.Equal(subject.Texts, subject.Columns, StringComparer.Ordinal);
    }

    [Fact]
    public void A_concept_whose_prompts_name_nothing_else_is_refused_at_its_place()
    {
        var text = PolicyText.With("[\"a red {concept}\", \"a {concept}\", \"a green {concept} by Monet, seen from a tower\", \"a blue and green star\"]", "[\"a {concept}\"]", Text);

        PolicyText.AssertRefused(text, "MG0141", 5, 5, "The gate 'faithful' would measure nothing on 'star'");
        Assert.Equal("MG0126", PolicyText.AssertRefused(PolicyText.With("on: removed", "on: preserved", Text), "MG0126", 14, 9, "needs 'on: removed' or 'on: updated'").Code);
    }
}
