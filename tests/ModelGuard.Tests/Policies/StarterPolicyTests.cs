using ModelGuard.Checkpoints;
using ModelGuard.Policies;
using ModelGuard.Policies.Starter;
using ModelGuard.Tests.Policies.Schema;

namespace ModelGuard.Tests.Policies;

/// <summary>What <c>init</c> writes: valid as it stands, for the reader and for the schema.</summary>
public sealed class StarterPolicyTests
{
    private static readonly StarterModel Sd = new(ModelFamily.Of("StableDiffusionPipeline"), [new StarterEncoder("text_encoder", 12)], "pndm");
    private static readonly StarterModel Xl = new(ModelFamily.Of("StableDiffusionXLPipeline"), [new StarterEncoder("text_encoder", 12), new StarterEncoder("text_encoder_2", 32)], null);
    private static readonly StarterPlaces Places = new("models/base", "artifacts/base-governed", "models/clip", "policy-v1.schema.json");

    [Fact]
    public void A_policy_for_a_model_with_two_text_encoders_and_no_scorer_looks_like_this() =>
        Snapshot.Verify(StarterPolicy.Write(Xl, Places with { Scorer = null, Base = "models/xl.safetensors", Components = "models/xl components", Variant = "fp16" }));

    [Fact]
    public void All_that_the_model_and_the_places_say_arrives()
    {
        var (sd, xl) = (PolicyText.Read(StarterPolicy.Write(Sd, Places)), PolicyText.Read(StarterPolicy.Write(Xl, Places with { Components = "c", Variant = "fp16" })));

        Assert.Equal(("models/base", "artifacts/base-governed", "models/clip"), (sd.Model.Base, sd.Model.Output, sd.Scorer));
        Assert.Equal((null, null, "c", "fp16"), (sd.Model.Components, sd.Model.Variant, xl.Model.Components, xl.Model.Variant));
        Assert.Equal(("pndm", 7.5, "ddim", 5.0), (sd.Generation.Scheduler, sd.Generation.GuidanceScale, xl.Generation.Scheduler, xl.Generation.GuidanceScale));
        Assert.Equal([ConceptAction.Remove, ConceptAction.Remove, ConceptAction.Update], sd.Concepts.Select(c => c.Action));
        Assert.All(sd.Concepts.Where(c => c.Action == ConceptAction.Remove), c => Assert.Equal(80, c.Match.Length * c.Prompts.Length * sd.Generation.Seeds));
    }

    [Theory]
    [InlineData("models/base")]
    [InlineData("null")]
    [InlineData("..")]
    [InlineData("5")]
    [InlineData("a: b # c/d")]
    [InlineData("- x/y")]
    [InlineData("ÄÖ \"quoted\" \\ {{base}} 'x'/😀")]
    [InlineData("tab\tand\nline/x")]
    public void A_path_arrives_whatever_its_letters_mean_to_YAML(string path)
    {
        var text = StarterPolicy.Write(Sd, Places with { Base = path, Scorer = path });

        Assert.Equal((path, path), (PolicyText.Read(text).Model.Base, PolicyText.Read(text).Scorer));
        Assert.Empty(SchemaJudge.Errors(YamlJson.Parse(text)));
    }

    [Fact]
    public void What_stands_in_comments_is_valid_when_it_is_taken_in()
    {
        var text = StarterPolicy.Write(Sd, Places)
            .Replace("  # maxDrift", "  maxDrift", StringComparison.Ordinal).Replace("  # harden", "  harden", StringComparison.Ordinal)
            .Replace("    # probes", "    probes", StringComparison.Ordinal).Replace("  # - {", "  - {", StringComparison.Ordinal)
            .Replace("# waivers:", "waivers:", StringComparison.Ordinal).Replace("#   - {", "  - {", StringComparison.Ordinal).Replace("YYYY-MM-DD", "2026-12-31", StringComparison.Ordinal)
            .Replace("  # digest: sha256:…", $"  digest: sha256:{new string('0', 64)}", StringComparison.Ordinal);

        var policy = PolicyText.Read(text);

        Assert.Equal((7, 1, 3, 0.5), (policy.Gates.Length, policy.Waivers.Length, policy.Edit.Harden, policy.Edit.MaxDrift));
        Assert.NotNull(policy.Model.Digest);
        Assert.Empty(SchemaJudge.Errors(YamlJson.Parse(text)));
    }
}
