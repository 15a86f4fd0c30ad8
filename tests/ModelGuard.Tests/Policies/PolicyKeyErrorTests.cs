namespace ModelGuard.Tests.Policies;

/// <summary>One error in a smallest policy: its code, its place and its sentence.</summary>
public sealed class PolicyKeyErrorTests
{
    private const string Gate = "  - { id: gone, metric: recognition, on: removed, max: 0.05 }";

    [Theory]
    [InlineData("scorer: clip", "scorer: clip\nfailon: high", 6, 1, "The policy has no key 'failon'. Did you mean 'failOn'? Known keys: attack, concepts, edit, failOn, ")]
    [InlineData("scorer: clip", "scorer: clip\nsomething: else", 6, 1, "The policy has no key 'something'. Known keys: ")]
    [InlineData("  output: out", "  output: out\n  ouput: out", 5, 3, "'model' has no key 'ouput'. Did you mean 'output'?")]
    [InlineData("scorer: clip", "scorer: clip\nedit: { lamda: 1 }", 6, 9, "'edit' has no key 'lamda'. Did you mean 'lambda'?")]
    [InlineData("scorer: clip", "scorer: clip\ngeneration: { seed: 1 }", 6, 15, "'generation' has no key 'seed'. Did you mean 'seeds'?")]
    [InlineData("    action: remove", "    action: remove\n    replacewith: x", 9, 5, "A concept has no key 'replacewith'. Did you mean 'replaceWith'?")]
    [InlineData("scorer: clip", "scorer: clip\npreserve: [{ name: a, atribute: style }]", 6, 23, "An entry of 'preserve' has no key 'atribute'. Did you mean 'attribute'?")]
    [InlineData("on: removed", "on: removed, minimum: 1", 14, 51, "A gate has no key 'minimum'. Known keys: baseline, id, max, maxDrop, ")]
    [InlineData("scorer: clip", "scorer: clip\nwaivers: [{ gate: gone, concept: star, owner: o, reason: r, expires: 2026-01-01, expire: x }]", 6, 82, "A waiver has no key 'expire'. Did you mean 'expires'?")]
    public void Unknown_keys_are_refused_with_what_was_probably_meant(string old, string replacement, int line, int column, string sentence) => Assert(old, replacement, "MG0108", line, column, sentence);

    [Theory]
    [InlineData("version: 1\n", "", 1, 1, "The policy needs the key 'version'.")]
    [InlineData("scorer: clip\n", "", 1, 1, "The policy needs the key 'scorer'.")]
    [InlineData("model:\n  base: models/base\n  output: out\n", "", 1, 1, "The policy needs the key 'model'.")]
    [InlineData("  base: models/base\n", "", 3, 3, "'model' needs the key 'base'.")]
    [InlineData("  output: out\n", "", 3, 3, "'model' needs the key 'output'.")]
    [InlineData("gates:\n" + Gate + "\n", "", 1, 1, "The policy needs the key 'gates'.")]
    [InlineData("id: star\n    action", "action", 7, 5, "A concept needs the key 'id'.")]
    [InlineData("    action: remove\n", "", 7, 5, "A concept needs the key 'action'.")]
    [InlineData("    attribute: object\n", "", 7, 5, "A concept needs the key 'attribute'.")]
    [InlineData("    match: [\"star\"]\n", "", 7, 5, "A concept needs the key 'match'.")]
    [InlineData("    replaceWith: \"circle\"\n", "", 7, 5, "A removed concept needs the key 'replaceWith'")]
    [InlineData("    prompts: [\"a {concept}\"]\n", "", 7, 5, "A concept needs the key 'prompts'.")]
    [InlineData("id: gone, metric", "metric", 14, 5, "A gate needs the key 'id'.")]
    [InlineData("metric: recognition, ", "", 14, 5, "A gate needs the key 'metric'.")]
    [InlineData("on: removed, ", "", 14, 5, "A gate needs the key 'on'.")]
    [InlineData("scorer: clip", "scorer: clip\npreserve: [{ attribute: style }]", 6, 12, "An entry of 'preserve' needs the key 'name'.")]
    [InlineData("scorer: clip", "scorer: clip\nwaivers: [{ gate: gone, concept: star, owner: o, reason: r }]", 6, 11, "A waiver needs the key 'expires'.")]
    [InlineData("scorer: clip", "scorer: clip\nwaivers: [{ concept: star, owner: o, reason: r, expires: 2026-01-01 }]", 6, 11, "A waiver needs the key 'gate'.")]
    [InlineData("scorer: clip", "scorer: clip\nwaivers: [{ gate: gone, owner: o, reason: r, expires: 2026-01-01 }]", 6, 11, "A waiver needs the key 'concept'.")]
    [InlineData("scorer: clip", "scorer: clip\nwaivers: [{ gate: gone, concept: star, reason: r, expires: 2026-01-01 }]", 6, 11, "A waiver needs the key 'owner'.")]
    [InlineData("scorer: clip", "scorer: clip\nwaivers: [{ gate: gone, concept: star, owner: o, expires: 2026-01-01 }]", 6, 11, "A waiver needs the key 'reason'.")]
    public void Missing_keys_are_refused_where_they_are_missing(string old, string replacement, int line, int column, string sentence) => Assert(old, replacement, "MG0110", line, column, sentence);

    [Fact]
    public void A_policy_without_concepts_lacks_nothing_else() => PolicyText.AssertRefused(
        PolicyText.With("concepts:\n  - id: star\n    action: remove\n    attribute: object\n    match: [\"star\"]\n    replaceWith: \"circle\"\n    prompts: [\"a {concept}\"]\n", ""),
        "MG0110", 1, 1, "The policy needs the key 'concepts'.");

    [Theory]
    [InlineData("scorer: clip", "scorer:", 5, 8, "'scorer' must be a text that is not empty; here stands nothing.")]
    [InlineData("scorer: clip", "scorer: \"  \"", 5, 9, "'scorer' must be a text that is not empty")]
    [InlineData("scorer: clip", "scorer: null", 5, 9, "'scorer' must be a text that is not empty; here stands nothing.")]
    [InlineData("scorer: clip", "scorer: [clip]", 5, 9, "'scorer' must be a text that is not empty; here stands a list.")]
    [InlineData("model:\n  base: models/base\n  output: out\n", "model: [x]\n", 2, 8, "'model' must be a mapping of keys to values; here stands a list.")]
    [InlineData("scorer: clip", "scorer: clip\nedit: fast", 6, 7, "'edit' must be a mapping of keys to values; here stands a single value.")]
    [InlineData("match: [\"star\"]", "match: star", 10, 12, "'match' must be a list of texts")]
    [InlineData("match: [\"star\"]", "match: [\"star\", {}]", 10, 21, "Every entry of 'match' must be a text that is not empty; here stands a mapping.")]
    [InlineData("prompts: [\"a {concept}\"]", "prompts: [\"a {concept}\", \"\"]", 12, 30, "Every entry of 'prompts' must be a text")]
    [InlineData("gates:\n" + Gate, "gates: none", 13, 8, "'gates' must be a list; here stands a single value.")]
    [InlineData(Gate, Gate + "\n  - later", 15, 5, "Every entry of 'gates' must be a mapping of keys to values; here stands a single value.")]
    [InlineData("scorer: clip", "scorer: clip\npreserve: monet", 6, 11, "'preserve' must be a list; here stands a single value.")]
    [InlineData("scorer: clip", "scorer: clip\npreserve: [[monet]]", 6, 12, "Every entry of 'preserve' must be a text or a mapping with 'name'; here stands a list.")]
    [InlineData("    action: remove", "    action: remove\n    owner: \"\"", 9, 12, "'owner' must be a text")]
    public void Values_of_the_wrong_kind_are_refused(string old, string replacement, int line, int column, string sentence) => Assert(old, replacement, "MG0111", line, column, sentence);

    [Theory]
    [InlineData("match: [\"star\"]", "match: []", 10, 12, "'match' must have at least one entry.")]
    [InlineData("prompts: [\"a {concept}\"]", "prompts: []", 12, 14, "'prompts' must have at least one entry.")]
    [InlineData("gates:\n" + Gate, "gates: []", 13, 8, "'gates' must have at least one entry.")]
    public void Lists_that_need_an_entry_are_refused_without_one(string old, string replacement, int line, int column, string sentence) => Assert(old, replacement, "MG0112", line, column, sentence);

    private static void Assert(string old, string replacement, string code, int line, int column, string sentence) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement), code, line, column, sentence);
}
