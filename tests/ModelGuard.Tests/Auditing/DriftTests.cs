using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Auditing;

/// <summary>How far an edit moves ordinary prompts in the text encoder.</summary>
public sealed class DriftTests
{
    private static readonly Policy Policy = PolicyText.Read("""
        version: 1
        model: { base: b, output: o }
        scorer: s
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, prompts: ["{concept}"] }
        preserve:
          - { name: castle, attribute: object, prompts: ["a {concept}", "a {concept} at night"] }
          - a robot
        gates:
          - { id: moved, metric: drift, on: preserved, max: 0.1 }
        """);

    [Fact]
    public void It_is_the_relative_change_of_what_reaches_cross_attention_and_no_picture_is_made()
    {
        using var baseline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        using var edited = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        using (no_grad())
        {
            edited.TextEncoder.get_parameter("text_model.encoder.layers.0.self_attn.out_proj.weight")!.mul_(1.5);
        }

        var plan = AuditPlan.Of(Policy, 32);
        var audit = new Audit(SomeAudit.Model(edited, "edited"), SomeAudit.Model(baseline, "base"), SomeAudit.UnloadedScorer(), Policy, ContentCache.None);
        var measured = SomeAudit.Run(audit, plan);

        Assert.Equal(0, audit.Drawn);
        Assert.Equal([("castle", 0), ("a robot", 0)], measured.Select(m => (m.Subject.Id, m.Pictures)));
        var castle = Assert.Single(measured[0].Measurements);
        Assert.Equal("drift", castle.Metric);
        // Its own two prompts and twelve sentences; the bare name has one prompt.
        Assert.InRange(castle.Count, 8, 14);
        using var before = baseline.Encode(["a castle"]).States[0, 1..].to(ScalarType.Float64);
        using var after = edited.Encode(["a castle"]).States[0, 1..].to(ScalarType.Float64);
        Assert.Equal((after - before).norm().item<double>() / before.norm().item<double>(), castle.Edited[0], 6);
        Assert.All(castle.Edited, d => Assert.InRange(d, 1e-4, 2));
    }

    [Fact]
    public void An_unedited_model_has_not_moved()
    {
        using var baseline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));

        Assert.All(SomeAudit.Run(new Audit(SomeAudit.Model(baseline), SomeAudit.Model(baseline), SomeAudit.UnloadedScorer(), Policy, ContentCache.None), AuditPlan.Of(Policy, 32)), m => Assert.All(m.Measurements[0].Edited, d => Assert.Equal(0, d)));
    }

    [Fact]
    public void It_is_for_preserved_names() =>
        PolicyText.AssertRefused(PolicyText.With("metric: recognition", "metric: drift"), "MG0126", 14, 5, "needs 'on: preserved'");
}
