using System.Collections.Immutable;
using ModelGuard.Analysis;
using ModelGuard.Checkpoints;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Analysis;

public sealed class TokenAnalysisTests
{
    private static readonly Lazy<CLIPTokenizer> Tokenizer = new(() => CLIPTokenizer.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model", "tokenizer")));

    [Fact]
    public void The_sample_policy_contradicts_its_model_nowhere() =>
        Assert.Empty(TokenAnalysis.Find(PolicyReader.Read(Path.Combine(RepositoryPaths.Root, "policies", "shapes.yaml")).Policy!, Tokenizer.Value));

    [Fact]
    public void Every_contradiction_is_found_at_its_place_with_its_numbers() => Snapshot.Verify(Text(Find(
        """
          - { id: star,     action: remove, attribute: object, match: ["star", "a  star"], replaceWith: "circle", prompts: ["{concept}"] }
          - { id: red-star, action: remove, attribute: object, match: ["red star"], replaceWith: "square", prompts: ["{concept}"] }
          - { id: vangogh,  action: remove, attribute: style, match: ["van gogh"], replaceWith: "hokusai", prompts: ["{concept}"] }
          - { id: artist,   action: update, attribute: style, match: ["VAN  gogh"], from: "a star", to: "a moon", prompts: ["{concept}"] }
          - { id: moon,     action: remove, attribute: object, match: ["moon"], replaceWith: "a blue  STAR", prompts: ["{concept}"] }
          - { id: ring,     action: remove, attribute: object, match: ["ring of a heart"], replaceWith: "by van gogh", prompts: ["{concept}"] }
        """,
        """
        preserve:
          - "a black moon"
          - { name: "cross", prompts: ["a {concept}", "a {concept} by van gogh"] }
          - "A star"
          - "red ring of a   heart"
          - { name: "pink", prompts: ["a {concept} ring"] }
        """)));

    [Theory]
    [InlineData("star", "circle", "star red", "circle")]
    [InlineData("star", "circle", "starfish", "square")]
    [InlineData("red star", "circle", "star red", "square")]
    [InlineData("van gogh", "a painting", "piet mondrian", "a drawing")]
    public void Names_with_one_target_and_names_that_only_look_alike_are_no_contradiction(string first, string firstTarget, string second, string secondTarget) => Assert.Empty(Find(
        $$"""
          - { id: first,  action: remove, attribute: object, match: ["{{first}}"], replaceWith: "{{firstTarget}}", prompts: ["{concept}"] }
          - { id: second, action: remove, attribute: object, match: ["{{second}}"], replaceWith: "{{secondTarget}}", prompts: ["{concept}"] }
        """,
        "preserve: [cross, \"red\"]"));

    [Fact]
    public void Names_of_one_concept_may_be_the_same_tokens() => Assert.Empty(Find("""
          - { id: star, action: remove, attribute: object, match: ["star", "STAR", "the star"], replaceWith: "circle", prompts: ["{concept}"] }
        """));

    [Fact]
    public void An_updated_name_in_a_target_is_a_warning_and_a_removed_one_an_error()
    {
        string[] targets = ["a moon", "a ring"];
        var found = targets.Select(t => Assert.Single(Find($$"""
              - { id: star, action: remove, attribute: object, match: ["star"], replaceWith: "{{t}}", prompts: ["{concept}"] }
              - { id: moon, action: remove, attribute: object, match: ["moon"], replaceWith: "cross", prompts: ["{concept}"] }
              - { id: ring, action: update, attribute: object, match: ["ring"], from: "a ring", to: "a heart", prompts: ["{concept}"] }
            """)));

        Assert.Equal([("MG1062", DiagnosticSeverity.Error), ("MG1062", DiagnosticSeverity.Warning)], found.Select(d => (d.Code, d.Severity)));
    }

    [Fact]
    public void All_tokenizers_of_a_model_are_asked_and_what_they_agree_on_is_said_once()
    {
        var policy = Policy("""
              - { id: star, action: remove, attribute: object, match: ["van gogh"], replaceWith: "circle", prompts: ["{concept}"] }
              - { id: moon, action: remove, attribute: object, match: ["VAN GOGH!!", "van  gogh"], replaceWith: "cross", prompts: ["{concept}"] }
            """);

        var found = PolicyAnalysis.Find(policy, Checkpoint.Open(Golden.Model("sdxl-tiny")), AnalysisDepth.Tokens);

        Assert.Single(found, d => d.Code == "MG1060");
        Assert.Single(found, d => d.Code == "MG1061");
    }

    private static ImmutableArray<Diagnostic> Find(string concepts, string rest = "") => TokenAnalysis.Find(Policy(concepts, rest), Tokenizer.Value);

    private static string Text(ImmutableArray<Diagnostic> found) => string.Join('\n', found) + "\n";

    private static Policy Policy(string concepts, string rest = "")
    {
        var result = PolicyReader.Parse($$"""
            version: 1
            model: { base: base, output: out }
            scorer: clip
            concepts:
            {{concepts}}
            gates:
              - { id: gone, metric: recognition, on: removed, max: 0.05 }
            {{rest}}
            """, "policy.yaml");
        Assert.Empty(result.Diagnostics);
        return result.Policy!;
    }
}
