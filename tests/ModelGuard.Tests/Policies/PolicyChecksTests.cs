using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Policies;

/// <summary>Parts of a policy that contradict each other.</summary>
public sealed class PolicyChecksTests
{
    private const string Moon = "  - { id: moon, action: remove, attribute: object, match: [moon, STAR], replaceWith: sun, prompts: [\"{concept}\"] }\ngates:";

    [Theory]
    [InlineData("preserve: [circle, Star]", 6, 20)]
    [InlineData("preserve: [circle, { name: star, attribute: object }]", 6, 20)]
    public void A_name_that_is_to_go_cannot_be_preserved(string preserve, int line, int column) => PolicyText.AssertRefused(
        PolicyText.With("scorer: clip", "scorer: clip\n" + preserve), "MG0130", line, column, "is also a name of the concept 'star'");

    [Fact]
    public void A_name_belongs_to_one_concept_whatever_its_case() => PolicyText.AssertRefused(
        PolicyText.With("gates:", Moon), "MG0131", 13, 5, "The name 'star' belongs to several concepts (star, moon)");

    [Fact]
    public void A_concept_may_repeat_its_own_name() => Assert.Equal(["star", "Star"], PolicyText.Read(PolicyText.With("match: [\"star\"]", "match: [\"star\", \"Star\"]")).Concepts[0].Match);

    [Theory]
    [InlineData("replaceWith: \"a Star, seen from afar\"")]
    [InlineData("replaceWith: \"star\"")]
    [InlineData("replaceWith: \"a fallen-STAR\"")]
    public void A_target_that_contains_the_concept_is_refused(string replacement) =>
        PolicyText.AssertRefused(PolicyText.With("replaceWith: \"circle\"", replacement), "MG0132", 7, 5, "contains the concept itself ('star')");

    [Theory]
    [InlineData("a Starfish")]
    [InlineData("a sea of superstars")]
    public void A_name_that_is_only_a_part_of_a_word_is_not_the_concept(string target) =>
        Assert.Equal(target, PolicyText.Read(PolicyText.With("replaceWith: \"circle\"", $"replaceWith: \"{target}\"")).Concepts[0].Target);

    [Theory]
    [InlineData("by  van\tGogh!", "Van Gogh", true)]
    [InlineData("gogh van", "van gogh", false)]
    [InlineData("an évoked memory", "évoked", true)]
    [InlineData("a ☂ here", "☂", true)]
    [InlineData("a sun", "☂", false)]
    [InlineData("", "star", false)]
    public void Names_are_found_as_a_reader_finds_them(string text, string name, bool isThere) => Assert.Equal(isThere, WholeWords.Contain(text, name));

    [Theory]
    [InlineData("edit: { layers: [0] }", true)]
    [InlineData("edit: { method: text-encoder-mlp, layers: [0] }", true)]
    [InlineData("edit: { method: diff-quick-fix-published }", true)]
    [InlineData("edit: { layers: [0], allowFirstLayerOnly: false }", true)]
    [InlineData("edit: { layers: [0], allowFirstLayerOnly: true }", false)]
    [InlineData("edit: { layers: [0, 1] }", false)]
    [InlineData("edit: { layers: [1] }", false)]
    [InlineData("edit: { method: uce, layers: [0] }", false)]
    [InlineData("edit: { lambda: 1 }", false)]
    public void An_abstract_concept_is_not_edited_in_the_first_layer_alone(string edit, bool isRefused)
    {
        var text = PolicyText.With("scorer: clip", "scorer: clip\n" + edit, PolicyText.With("attribute: object", "attribute: abstract"));
        if (isRefused) PolicyText.AssertRefused(text, "MG0128", 8, 5, "'star' is abstract, and the edit changes the first layer of the text encoder alone");
        else Assert.False(LayerChoices.AreLeftTo(PolicyText.Read(text)));
    }

    [Theory]
    [InlineData("on: updated", "no updated concept")]
    [InlineData("on: preserved", "no preserved concept")]
    public void A_gate_with_nothing_to_look_at_is_refused(string scope, string sentence) => PolicyText.AssertRefused(
        PolicyText.With("on: removed", scope), "MG0133", 14, 5, sentence);

    [Fact]
    public void A_gate_on_removed_concepts_needs_one() => PolicyText.AssertRefused(
        PolicyText.With("replaceWith: \"circle\"", "from: a\n    to: b", PolicyText.With("action: remove", "action: update")), "MG0133", 15, 5, "The gate 'gone' would measure nothing: the policy has no removed concept.");

    [Theory]
    [InlineData("gate: goner, concept: star", "MG0134", "the gate 'goner', which the policy does not have. Did you mean 'gone'?")]
    [InlineData("gate: gone, concept: stars", "MG0135", "the concept 'stars', which the policy does not have. Did you mean 'star'?")]
    [InlineData("gate: gone, concept: Star", "MG0135", "the concept 'Star', which the policy does not have. Did you mean 'star'?")]
    public void A_waiver_names_what_the_policy_has(string names, string code, string sentence) => PolicyText.AssertRefused(
        PolicyText.With("scorer: clip", "scorer: clip\nwaivers: [{ " + names + ", owner: o, reason: r, expires: 2026-01-01 }]"), code, 6, 11, sentence);

    [Fact]
    public void All_errors_are_reported_in_one_run_in_the_order_of_the_file()
    {
        const string Text = """
            version: 2
            modle: {}
            model:
              base: ""
              output: out
              digest: sha256:12
            scorer: &s clip
            edit: { method: magic, lambda: 0, layers: [0, 0], templates: ["x"], tokens: all }
            generation: { steps: 0 }
            concepts:
              - id: Star
                action: remove
                attribute: objct
                match: ["star"]
                replaceWith: "a star"
                prompts: ["a moon"]
              - id: moon
                action: vanish
                attribute: object
                match: ["STAR", "moon"]
                replaceWith: ""
                prompts: ["a {concept}"]
            preserve: [moon]
            gates:
              - { id: gone, metric: recognition, on: removed, max: 2000, min: x }
              - { id: liked, metric: preference, on: preserved, min: 0.9 }
              - { id: gone, metric: looks, on: removed, max: 1 }
            failOn: never
            waivers:
              - { gate: nothing, concept: nobody, owner: o, reason: r, expires: soon }
              - { gate: gone, concept: sun, reason: r, expires: 2026-01-01 }
            """;

        var found = PolicyReader.Parse(Text, "policy.yaml").Diagnostics.Select(d => (d.Location!.Line, d.Location.Column, d.Code)).ToArray();

        Assert.Equal(
            [
                (1, 10, "MG0120"), (2, 1, "MG0108"), (4, 9, "MG0111"), (6, 11, "MG0121"), (7, 9, "MG0104"),
                (8, 17, "MG0122"), (8, 32, "MG0113"), (8, 47, "MG0124"), (8, 63, "MG0123"), (8, 77, "MG0114"),
                (9, 22, "MG0113"), (11, 5, "MG0132"), (11, 9, "MG0116"), (13, 16, "MG0114"), (16, 15, "MG0119"),
                (17, 5, "MG0131"), (18, 13, "MG0114"), (21, 18, "MG0111"), (23, 12, "MG0130"),
                (25, 5, "MG0125"), (25, 56, "MG0113"), (25, 67, "MG0113"), (26, 5, "MG0126"), (27, 11, "MG0117"), (27, 25, "MG0114"),
                (28, 9, "MG0114"), (30, 69, "MG0115"), (31, 5, "MG0110"),
            ],
            found);
    }

    [Fact]
    public void Nothing_is_concluded_from_parts_that_could_not_be_read()
    {
        // The concept's id, action and name are unreadable: neither the gate nor the waiver nor the prompt is to blame.
        var text = PolicyText.With("id: star", "id: STAR", PolicyText.With("action: remove", "action: vanish", PolicyText.With("match: [\"star\"]", "match: [{}]"))) + "waivers: [{ gate: gone, concept: star, owner: o, reason: r, expires: 2026-01-01 }]\n";

        Assert.Equal(["MG0116", "MG0114", "MG0111"], PolicyReader.Parse(text.Replace("a {concept}", "a star", StringComparison.Ordinal), "policy.yaml").Diagnostics.Select(d => d.Code), StringComparer.Ordinal);
    }
}
