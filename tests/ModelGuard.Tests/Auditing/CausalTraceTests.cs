using ModelGuard.Auditing;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Auditing;

/// <summary>The gate <c>causal-trace</c> on the sample, with few pictures.</summary>
public sealed class CausalTraceTests
{
    private static readonly string Sample = Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model");

    private static readonly Policy Policy = PolicyText.Read("""
        version: 1
        model: { base: b, output: o }
        scorer: s
        edit: { layers: [0], lambda: 1, templates: ["{}", "a {}", "a red {}", "a photo of a blue {}"] }
        generation: { steps: 8, seeds: 1, guidanceScale: 7 }
        concepts:
          - id: star
            action: remove
            attribute: object
            match: [star]
            replaceWith: circle
            distractors: [circle, square, triangle, heart, cross, ring, moon]
            prompts: ["a red {concept}"]
        preserve: [{ name: hokusai, attribute: style, prompts: ["a painting by {concept}"] }]
        gates:
          - { id: site, metric: causal-trace, on: removed, max: 0.3 }
        """);

    [Fact]
    public void What_an_edit_removed_no_site_brings_back_and_in_the_base_the_site_brings_back_all()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Checkpoint.Open(Sample);
        EditedCheckpoint.Publish(checkpoint, () => Editing.SomeEdit.Solve(checkpoint, Policy), folder["edited"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        using var scorer = ClipScorer.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "scorer"));
        using var baseline = StableDiffusionPipeline.Load(Sample);
        using var edited = StableDiffusionPipeline.Load(folder["edited"]);
        var settings = CausalTrace.DefaultSettings with { Draws = 2, Prompts = 1, Kinds = [SiteKind.SelfAttention] };
        var judge = new PictureJudge(scorer, Audit.Settings(Policy.Generation), ScoreStore.InMemory());

        var removed = new CausalTrace(edited, baseline, _ => judge, settings).Measure(Policy.Concepts[0], Policy, null, TestContext.Current.CancellationToken);
        var kept = new CausalTrace(baseline, baseline, _ => judge, settings).Measure(Policy.Concepts[0], Policy, null, TestContext.Current.CancellationToken);

        Assert.Equal((2, 2), (removed.Count, removed.Baseline.Length));
        Assert.True(removed.Value < 0.3, $"After the edit some site brings back {removed.Value:0.000}.");
        Assert.True(removed.BaselineValue > 0.7, $"The base's site brings back {removed.BaselineValue:0.000}.");
        Assert.True(kept.Value > 0.7, $"Without an edit the best site brings back {kept.Value:0.000}.");
    }

    [Fact]
    public void A_model_without_pictures_of_the_concept_measures_nothing()
    {
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var baseline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var policy = Policy with { Generation = new GenerationSection("ddim", 1, 1, 1) };
        var judge = new PictureJudge(scorer, Audit.Settings(policy.Generation), ScoreStore.InMemory());

        // A network of random weights shows whatever the scorer of random weights likes best, star or not.
        var measured = new CausalTrace(baseline, baseline, _ => judge, CausalTrace.DefaultSettings with { MinimumClean = 1.1 }).Measure(policy.Concepts[0], policy, null, TestContext.Current.CancellationToken);

        Assert.Equal(0, measured.Count);
    }
}
