using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tracing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Tracing;

public sealed class UNetTraceTests
{
    private static readonly GenerationSettings Short = new() { Steps = 2, GuidanceScale = 5, Scheduler = "ddim" };

    public static TheoryData<string> Families => TracedModels.Families;

    [Fact]
    public void Sites_are_every_resnet_attention_and_feed_forward_under_their_own_names()
    {
        using var pipeline = TracedModels.Sample();

        var sites = UNetSites.Of(pipeline.Unet);

        Assert.Equal("down_blocks.0.resnets.0 down_blocks.1.resnets.0 down_blocks.2.resnets.0 mid_block.resnets.0 mid_block.resnets.1", string.Join(' ', sites.Where(s => s.Kind == SiteKind.Resnet).Take(5).Select(s => s.Path)));
        Assert.Equal("down_blocks.0.attentions.0.transformer_blocks.0.attn2", sites.First(s => s.Kind == SiteKind.CrossAttention).Path);
        Assert.Equal(11, sites.Count(s => s.Kind == SiteKind.Resnet));
        Assert.Equal([7, 7, 7], new[] { SiteKind.SelfAttention, SiteKind.CrossAttention, SiteKind.FeedForward }.Select(k => sites.Count(s => s.Kind == k)));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Restoring_all_sites_at_every_step_gives_the_clean_picture_bit_for_bit(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        using var scope = NewDisposeScope();

        var latents = Draw(pipeline, UNetSites.Of(pipeline.Unet).Select(site => new LockstepPatch(2, 0, site)));

        Assert.True(latents[2].equal(latents[0]).all().item<bool>());
        Assert.False(latents[1].equal(latents[0]).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_keys_and_values_of_all_layers_are_the_whole_prompt(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        using var scope = NewDisposeScope();
        var whole = Assert.Single(UNetSites.KeysAndValues(pipeline.Unet, int.MaxValue));

        var latents = Draw(pipeline, [new LockstepPatch(2, 0, whole)]);

        // Rows of a batch may differ in their last bits. Stable Diffusion XL also adds the pooled text to the time embedding, which no cross-attention can bring.
        double Distance(int a, int b) => (latents[a] - latents[b]).abs().max().item<float>();
        Assert.Equal(model != "sdxl-tiny", Distance(2, 0) < 1e-3 * Distance(1, 0));
        Assert.True(Distance(2, 1) > 0.1 * Distance(1, 0), $"The patched row is {Distance(2, 1)} from the corrupted one.");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Patching_runs_with_their_own_states_changes_no_bit(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        using var scope = NewDisposeScope();

        var (plain, patched) = (Draw(pipeline, []), Draw(pipeline, UNetSites.Of(pipeline.Unet).Select(site => new LockstepPatch(2, 2, site))));

        Assert.True(patched.equal(plain).all().item<bool>());
    }

    [Fact]
    public void A_random_step_is_as_long_as_the_one_to_the_clean_state_and_leads_elsewhere()
    {
        using var pipeline = TracedModels.Golden("sd1-tiny");
        using var scope = NewDisposeScope();
        var site = UNetSites.Of(pipeline.Unet).First(s => s.Kind == SiteKind.CrossAttention);

        var (copied, random) = (Draw(pipeline, [new LockstepPatch(2, 0, site)]), Draw(pipeline, [new LockstepPatch(2, 0, site, PatchMode.RandomDirection)]));

        Assert.False(random[2].equal(copied[2]).all().item<bool>());
        Assert.False(random[2].equal(random[1]).all().item<bool>());
        Assert.True(Draw(pipeline, [new LockstepPatch(2, 0, site, PatchMode.RandomDirection)]).equal(random).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void All_traces_run_on_every_family_and_say_what_they_found(string model)
    {
        using var pipeline = TracedModels.Golden(model);
        using var scorer = ClipScorer.Load(Testing.Golden.Model("clip-tiny"));
        var judge = new PictureJudge(scorer, Short, ScoreStore.InMemory());
        var settings = new TraceSettings { Draws = 2, Prompts = 1, Kinds = [SiteKind.SelfAttention] };
        var tracer = new Tracer(pipeline, settings);
        // With random weights nothing is ever shown, so recognition is not asked for.
        TraceSubject[] subjects = [TracedModels.OfGolden];

        ComponentTrace[] traces =
        [
            .. pipeline.TextEncoders.Select(e => tracer.TextEncoder(e.Component, subjects)),
            .. pipeline.TextEncoders.Select(e => tracer.TextEncoderInPictures(e.Component, subjects, judge)),
            tracer.UNet(subjects, judge),
            tracer.KeysAndValues(subjects, judge, 2),
        ];

        Assert.Equal((pipeline.TextEncoders.Length * 2) + 2, traces.Length);
        Assert.All(traces, t => Assert.NotEmpty(t.Prompts));
        Assert.All(traces.Take(pipeline.TextEncoders.Length), t => Assert.True(t.Controls!.IdentityIsExact));
        Assert.All(traces.Where(t => t.Prompts[0].ScreenedOut is not null), t => Assert.Equal(TraceConclusion.Inconclusive, t.Conclusion));
    }

    /// <summary>Three rows: clean, corrupted, and corrupted with patches; latents [3, 4, h, w].</summary>
    private static Tensor Draw(StableDiffusionPipeline pipeline, IEnumerable<LockstepPatch> patches)
    {
        using var noGrad = no_grad();
        var ((high, low), _) = UNetTrace.States(pipeline, TracedModels.OfGolden, TracedModels.Few with { Draws = 1 }, isNoisy: true);
        var pictures = Lockstep.Generate(pipeline, [.. Enumerable.Repeat(new GenerationItem("", 3), 3)], PromptStates.Concatenate([high, low, low]), [.. patches], Short, TestContext.Current.CancellationToken);
        return stack(pictures.Select(p => p.Latents));
    }
}
