using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class StableDiffusionPipelineTests
{
    internal const string Negative = "low quality, blurry, watermark";
    internal static readonly string[] Prompts = ["a photo of a cat sitting on a wooden chair", "A painting in the style of Van Gogh, 4 stars & rain!"];

    [Theory]
    [InlineData("pipeline_default", null, 7.5, null)]
    [InlineData("pipeline_ddim", "ddim", 7.5, null)]
    [InlineData("pipeline_euler", "euler", 7.5, null)]
    [InlineData("pipeline_dpm", "dpm++", 7.5, null)]
    [InlineData("pipeline_no_guidance", null, 1.0, null)]
    [InlineData("pipeline_negative", null, 7.5, Negative)]
    public void Final_latents_equal_the_references(string name, string? scheduler, double guidance, string? negative) =>
        Compare("sd1-tiny", name, new GenerationSettings { Steps = 10, GuidanceScale = guidance, Scheduler = scheduler, NegativePrompt = negative });

    // The second prompt ends in "!", which is also the pad token of this model's tokenizer.
    [Theory]
    [InlineData("pipeline_default", null, 7.5, null)]
    [InlineData("pipeline_pndm", "pndm", 7.5, null)]
    [InlineData("pipeline_euler", "euler", 7.5, null)]
    [InlineData("pipeline_dpm", "dpm++", 7.5, null)]
    [InlineData("pipeline_rescale", null, 7.5, null, 0.7)]
    [InlineData("pipeline_no_guidance", null, 1.0, null)]
    [InlineData("pipeline_negative", null, 7.5, Negative)]
    public void Final_latents_of_a_model_that_predicts_velocity_equal_the_references(string name, string? scheduler, double guidance, string? negative, double rescale = 0) =>
        Compare("sd2-tiny", name, new GenerationSettings { Steps = 10, GuidanceScale = guidance, GuidanceRescale = rescale, Scheduler = scheduler, NegativePrompt = negative });

    [Theory]
    [InlineData("pipeline_default", null, 7.5, null)]
    [InlineData("pipeline_ddim", "ddim", 7.5, null)]
    [InlineData("pipeline_pndm", "pndm", 7.5, null)]
    [InlineData("pipeline_dpm", "dpm++", 7.5, null)]
    [InlineData("pipeline_no_guidance", null, 1.0, null)]
    [InlineData("pipeline_negative", null, 7.5, Negative)]
    public void Final_latents_of_a_model_with_two_text_encoders_equal_the_references(string name, string? scheduler, double guidance, string? negative) =>
        Compare("sdxl-tiny", name, new GenerationSettings { Steps = 10, GuidanceScale = guidance, Scheduler = scheduler, NegativePrompt = negative });

    [Fact]
    public void Final_latents_with_sizes_given_by_hand_equal_the_references() =>
        Compare("sdxl-tiny", "pipeline_sizes", new GenerationSettings { Steps = 4, OriginalSize = new PixelSize(96, 160), Crop = new PixelOffset(8, 4), TargetSize = new PixelSize(128, 112) });

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    public void Encoded_prompts_equal_the_references(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "pipeline_inputs");
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model(model));
        var encoder = new StableDiffusionPromptEncoder(pipeline.TextEncoders[0], CPU);

        golden.AssertClose("prompt_embeds", encoder.Encode(Prompts).States);
        golden.AssertClose("negative_prompt_embeds", encoder.EncodeNegative(null).States.expand(2, -1, -1));
        golden.AssertClose("negative_prompt_embeds_with_negative", encoder.EncodeNegative(Negative).States.expand(2, -1, -1));
    }

    [Fact]
    public void A_checkpoint_as_old_versions_stored_it_gives_the_same_latents()
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny-legacy"));
        const string Weights = "diffusion_pytorch_model.safetensors";
        File.Copy(Path.Combine(Golden.Model("sd1-tiny"), "unet", Weights), Path.Combine(folder.Path, "unet", Weights));

        Compare("sd1-tiny", "pipeline_default", new GenerationSettings { Steps = 10 }, folder.Path);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void Two_pictures_of_each_prompt_equal_the_references(string model)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "pipeline_two_each");
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model(model));

        var pictures = pipeline.Generate([.. Prompts.SelectMany(p => new GenerationItem[] { new(p, 0), new(p, 1) })], new GenerationSettings { Steps = 4 }, golden["initial_latents"]);

        golden.AssertClose("latents", stack(pictures.Select(p => p.Latents)));
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void Every_step_and_the_pictures_equal_the_references(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "pipeline_default");
        using var inputs = new Golden(model + ".golden", "pipeline_inputs");
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model(model));
        var steps = new List<Tensor>();
        pipeline.Unet.register_forward_pre_hook((_, sample, timestep, context) =>
        {
            steps.Add(sample.narrow(0, 0, 2).clone().DetachFromDisposeScope());
            return (sample, timestep, context);
        });

        GeneratedPicture[] pictures = [.. pipeline.Generate([.. Prompts.Select(p => new GenerationItem(p, 0))], new GenerationSettings { Steps = 10 }, inputs["initial_latents"])];

        // What goes into a call is what came out of the step before, scaled.
        var scheduler = SchedulerFactory.Load(Path.Combine(Golden.Model(model), "scheduler"));
        scheduler.SetTimesteps(10);
        Tensor[] unscaled = [.. steps.Select((s, i) => s / Scale(scheduler, i))];
        golden.AssertClose("latents_per_step", stack([.. unscaled.Skip(1), stack(pictures.Select(p => p.Latents))]));
        var decoded = pipeline.Vae.Decode(pictures[0].Latents.unsqueeze(0) / pipeline.Vae.Config.ScalingFactor);
        golden.AssertClose("image", ((decoded / 2) + 0.5).clamp(0, 1).permute(0, 2, 3, 1));
        var expected = golden["image_uint8"];
        var differences = pictures.SelectMany((p, i) => p.Image.Pixels.ToArray().Zip(expected[i].bytes.ToArray(), (a, b) => Math.Abs(a - b))).ToArray();
        Assert.True(differences.Max() <= 1, $"A byte of a picture differs by {differences.Max()}.");
        Assert.InRange(differences.Count(d => d > 0), 0, differences.Length / 1000);
    }

    [Fact]
    public void A_seed_gives_the_latents_of_a_torch_generator_on_the_cpu()
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = new GenerationSettings { Steps = 2, Width = 16, Height = 16 };

        // torch.randn((1, 4, 2, 2), generator=torch.Generator("cpu").manual_seed(42)), as printed by PyTorch.
        using var generator = new Generator(42, CPU);
        var latents = randn([1, 4, 2, 2], generator: generator);
        Assert.Equal([1.9269f, 1.4873f, 0.9007f, -2.1055f, 0.6784f, -1.2345f, -0.0431f, -1.6047f], latents.data<float>().Take(8).Select(v => MathF.Round(v, 4)));

        var seeded = Assert.Single(pipeline.Generate([new(Prompts[0], 42)], settings));
        var given = Assert.Single(pipeline.Generate([new(Prompts[0], 0)], settings, latents));
        Assert.Equal(given.Latents.data<float>().ToArray(), seeded.Latents.data<float>().ToArray());
        Assert.Equal((16, 16), (seeded.Image.Width, seeded.Image.Height));
    }

    [Fact]
    public void A_picture_does_not_depend_on_the_batch_it_is_made_in()
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = new GenerationSettings { Steps = 2, Width = 32, Height = 32 };
        var reported = new List<GenerationProgress>();
        GenerationItem[] items = [.. Enumerable.Range(0, 34).Select(i => new GenerationItem(Prompts[i % 2], i))];
        // A rare draw enlarges rounding twentyfold in a network this small, whatever the batch: these do not.
        using var generator = new Generator(0, CPU);
        var latents = randn([34, 4, 4, 4], generator: generator);

        GeneratedPicture[] all = [.. pipeline.Generate(items, settings, latents, new Reporter(reported.Add))];
        var alone = Assert.Single(pipeline.Generate([items[33]], settings, latents.narrow(0, 33, 1)));

        Assert.Equal(items, all.Select(p => p.Item));
        Assert.Equal([new(32, 34), new(34, 34)], reported);
        // Sums are in another order in another batch: relative to the largest value, as everything that is compared here.
        Assert.InRange(((all[33].Latents - alone.Latents).abs().max() / alone.Latents.abs().max()).item<float>(), 0, 1e-5f);
        Assert.True((all[33].Latents - all[31].Latents).abs().max().item<float>() > 0.1f, "Pictures of different latents are alike.");
    }

    private static Tensor Scale(IScheduler scheduler, int step)
    {
        var timestep = scheduler.Timesteps[step];
        var scale = scheduler.ScaleModelInput(ones(1), timestep);
        scheduler.Step(zeros(1), timestep, ones(1));
        return scale;
    }

    private static void Compare(string model, string name, GenerationSettings settings, string? folder = null)
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", name);
        using var inputs = new Golden(model + ".golden", "pipeline_inputs");
        using var pipeline = StableDiffusionPipeline.Load(folder ?? Golden.Model(model));

        var pictures = pipeline.Generate([.. Prompts.Select(p => new GenerationItem(p, 0))], settings, inputs["initial_latents"]);

        golden.AssertClose("latents", stack(pictures.Select(p => p.Latents)));
    }

    private sealed class Reporter(Action<GenerationProgress> report) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => report(value);
    }
}
