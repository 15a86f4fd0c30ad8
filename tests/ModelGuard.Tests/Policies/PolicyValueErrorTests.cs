namespace ModelGuard.Tests.Policies;

/// <summary>Values that are of the right kind and still wrong.</summary>
public sealed class PolicyValueErrorTests
{
    private const string Digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("lambda: 0", 17, "'lambda' must be a number from 1E-09 to 1000000000, written with a point; here stands '0'.")]
    [InlineData("lambda: 1e10", 17, "here stands '1e10'")]
    [InlineData("lambda: NaN", 17, "here stands 'NaN'")]
    [InlineData("lambda: .inf", 17, "here stands '.inf'")]
    [InlineData("lambda: \"1\"", 17, "here stands '1'")]
    [InlineData("lambda: [1]", 17, "here stands a list")]
    [InlineData("lambda: 1_000", 17, "here stands '1_000'")]
    [InlineData("preserveWeight: -1", 25, "'preserveWeight' must be a number from 0 to 1000000000")]
    public void Numbers_of_the_edit_are_checked(string written, int column, string sentence) => Assert($"edit:  {{ {written} }}", "MG0113", 6, column + 1, sentence);

    [Theory]
    [InlineData("steps: 0", 22, "'steps' must be a whole number from 1 to 1000; here stands '0'.")]
    [InlineData("steps: 1001", 22, "here stands '1001'")]
    [InlineData("steps: 2.5", 22, "here stands '2.5'")]
    [InlineData("steps: '20'", 22, "here stands '20'")]
    [InlineData("seeds: 0", 22, "'seeds' must be a whole number from 1 to 100000")]
    [InlineData("guidanceScale: 100.5", 30, "'guidanceScale' must be a number from 0 to 100")]
    public void Numbers_of_the_generation_are_checked(string written, int column, string sentence) => Assert($"generation: {{ {written} }}", "MG0113", 6, column, sentence);

    [Theory]
    [InlineData("max: 0.05", "max: 1000.5", 14, 56)]
    [InlineData("max: 0.05", "max: -1001", 14, 56)]
    [InlineData("max: 0.05", "max: five", 14, 56)]
    public void Limits_are_checked(string old, string replacement, int line, int column) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement), "MG0113", line, column, "'max' must be a number from -1000 to 1000");

    [Theory]
    [InlineData("action: remove", "action: removed", 8, 13, "'action' must be one of ", "Did you mean 'remove'?")]
    [InlineData("attribute: object", "attribute: colour", 9, 16, "'attribute' must be one of ", "Did you mean 'color'?")]
    [InlineData("on: removed", "on: remove", 14, 42, "'on' must be one of ", "Did you mean 'removed'?")]
    [InlineData("metric: recognition", "metric: recogniton", 14, 25, "'recogniton' is no metric. Known are attack-success-rate, causal-trace, clip-score, drift, fidelity, image-change, pixel-change, preference, probe-recognition, recognition.", "Did you mean 'recognition'?")]
    [InlineData("action: remove", "action: remove\n    severity: hihg", 9, 15, "'severity' must be one of ", "here stands 'hihg'")]
    [InlineData("scorer: clip", "scorer: clip\nfailOn: Medium", 6, 9, "'failOn' must be one of ", "Did you mean 'medium'?")]
    [InlineData("scorer: clip", "scorer: clip\nedit: { tokens: last-subjects }", 6, 17, "'tokens' must be one of ", "Did you mean 'last-subject'?")]
    [InlineData("scorer: clip", "scorer: clip\ngeneration: { scheduler: magic }", 6, 26, "'scheduler' must be one of ddim, pndm, euler, euler-a, dpm++, dpm++-karras, unipc", "here stands 'magic'.")]
    public void Words_that_the_policy_language_does_not_have_are_refused(string old, string replacement, int line, int column, string sentence, string hint) => Xunit.Assert.Contains(
        hint, PolicyText.AssertRefused(PolicyText.With(old, replacement), "MG0114", line, column, sentence).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("2026-02-29")]
    [InlineData("2026-1-1")]
    [InlineData("31.12.2026")]
    [InlineData("2026-12-31T00:00:00Z")]
    [InlineData("tomorrow")]
    public void Days_have_one_form(string day) => Assert($"waivers: [{{ gate: gone, concept: star, owner: o, reason: r, expires: \"{day}\" }}]", "MG0115", 6, 70, $"here stands '{day}'");

    [Theory]
    [InlineData("Star")]
    [InlineData("-star")]
    [InlineData("star-")]
    [InlineData("a--b")]
    [InlineData("1st")]
    [InlineData("a b")]
    [InlineData("étoile")]
    [InlineData("\"star\\n\"")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("[star]")]
    public void Ids_are_in_kebab_case(string id)
    {
        PolicyText.AssertRefused(PolicyText.With("id: star", "id: " + id), "MG0116", 7, 9, "'id' must be in kebab case");
        PolicyText.AssertRefused(PolicyText.With("id: gone", "id: " + id), "MG0116", 14, 11, "'id' must be in kebab case");
    }

    [Fact]
    public void An_id_of_sixty_four_characters_is_not_too_long() => PolicyText.Read(PolicyText.With("id: star", "id: " + new string('a', 64)));

    [Fact]
    public void An_id_is_used_once_among_gates_and_once_among_concepts()
    {
        const string Second = "  - { id: star, metric: clip-score, on: removed, max: 0.05 }\n";
        PolicyText.Read(PolicyText.Minimal + Second);

        PolicyText.AssertRefused(PolicyText.Minimal + Second.Replace("star", "gone", StringComparison.Ordinal), "MG0117", 15, 11, "The gate id 'gone' is used twice; first in line 14.");
        PolicyText.AssertRefused(
            PolicyText.With("gates:", "  - { id: star, action: remove, attribute: object, match: [moon], replaceWith: sun, prompts: [\"{concept}\"] }\ngates:"),
            "MG0117", 13, 11, "The concept id 'star' is used twice; first in line 7.");
    }

    [Theory]
    [InlineData("replaceWith: \"circle\"", "replaceWith: \"circle\"\n    from: \"a\"", 12, 11, "'from' and 'to' belong to 'action: update'")]
    [InlineData("replaceWith: \"circle\"", "replaceWith: \"circle\"\n    to: \"a\"", 12, 9, "'from' and 'to' belong to 'action: update'")]
    public void Keys_of_the_other_action_are_refused(string old, string replacement, int line, int column, string sentence) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement), "MG0118", line, column, sentence);

    [Fact]
    public void An_updated_concept_has_no_replacement() => PolicyText.AssertRefused(
        PolicyText.With("action: remove", "action: update\n    from: a\n    to: b", PolicyText.With("on: removed", "on: updated")),
        "MG0118", 13, 18, "'replaceWith' belongs to 'action: remove'");

    [Theory]
    [InlineData("prompts: [\"a {concept}\"]", "prompts: [\"a {concept}\", \"a STAR too\", \"a moon\"]", 12, 44)]
    [InlineData("scorer: clip", "scorer: clip\npreserve: [{ name: monet, prompts: [\"a house by manet\"] }]", 6, 37)]
    public void A_prompt_that_names_its_concept_nowhere_is_refused(string old, string replacement, int line, int column) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement), "MG0119", line, column, "names the concept nowhere");

    [Theory]
    [InlineData("2")]
    [InlineData("\"1\"")]
    [InlineData("1.0")]
    [InlineData("[1]")]
    public void The_version_is_one(string version) => PolicyText.AssertRefused(PolicyText.With("version: 1", "version: " + version), "MG0120", 1, 10, "'version' must be 1");

    [Theory]
    [InlineData("sha256:" + "0123")]
    [InlineData("sha512:" + Digest)]
    [InlineData(Digest)]
    [InlineData("sha256:" + "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("sha256:" + Digest + "0")]
    public void A_digest_has_one_form(string digest) =>
        PolicyText.AssertRefused(PolicyText.With("  output: out", $"  output: out\n  digest: {digest}"), "MG0121", 5, 11, "'digest' must be 'sha256:' and 64 lower-case hexadecimal digits");

    [Theory]
    [InlineData("edit: { method: magic }", "MG0122", 17, "'magic' is no method. Methods: diff-quick-fix, diff-quick-fix-published, loco-edit, text-encoder-mlp, uce.")]
    [InlineData("edit: { method: uces }", "MG0122", 17, "Did you mean 'uce'?")]
    [InlineData("edit: { crossAttention: loco }", "MG0147", 25, "'loco' is no method that edits the cross-attention. Methods: loco-edit, uce.")]
    [InlineData("edit: { method: uce, crossAttention: uce }", "MG0147", 38, "'uce' edits the cross-attention itself,")]
    [InlineData("edit: { method: diff-quick-fix-published, lambda: 1 }", "MG0127", 51, "'diff-quick-fix-published' reproduces what was published and fixes 'lambda' itself.")]
    [InlineData("edit: { preserve: firm }", "MG0114", 19, "'preserve' must be one of")]
    [InlineData("edit: { contexts: -1 }", "MG0113", 19, "'contexts' must be a whole number from 0")]
    [InlineData("edit: { templates: [\"{}\", \"a { }\"] }", "MG0123", 27, "The template 'a { }' has no '{}'")]
    [InlineData("edit: { layers: all }", "MG0124", 17, "'layers' must be 'auto' or a list of layer numbers")]
    [InlineData("edit: { layers: [] }", "MG0124", 17, "'layers' must be 'auto' or a list of layer numbers")]
    [InlineData("edit: { layers: [0, -1] }", "MG0124", 21, "must be a different whole number from 0")]
    [InlineData("edit: { layers: [0, 1, 0] }", "MG0124", 24, "must be a different whole number from 0")]
    [InlineData("edit: { layers: [\"0\"] }", "MG0124", 18, "must be a different whole number from 0")]
    [InlineData("edit: { layers: [1.5] }", "MG0124", 18, "must be a different whole number from 0")]
    public void Methods_templates_and_layers_are_checked(string section, string code, int column, string sentence) => Assert(section, code, 6, column, sentence);

    [Theory]
    [InlineData("max: 0.05", "max: 0.05, min: 0", "this one has 2")]
    [InlineData(", max: 0.05", "", "this one has 0")]
    public void A_gate_has_exactly_one_limit(string old, string replacement, string sentence) => PolicyText.AssertRefused(PolicyText.With(old, replacement), "MG0125", 14, 5, sentence);

    [Fact]
    public void Preference_is_for_updated_concepts() => PolicyText.AssertRefused(PolicyText.With("metric: recognition", "metric: preference"), "MG0126", 14, 5, "needs 'on: updated'");

    private static void Assert(string section, string code, int line, int column, string sentence) =>
        PolicyText.AssertRefused(PolicyText.With("scorer: clip", "scorer: clip\n" + section), code, line, column, sentence);
}
