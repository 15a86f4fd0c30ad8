using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class StableDiffusionPipelineTests
{
    private static readonly string[] Prompts = ["a photo of a cat sitting on a wooden chair", "A painting in the style of Van Gogh, 4 stars & rain!"];

    [Theory]
    [InlineData("pipeline_default", null, 7.5, "")]
    [InlineData("pipeline_ddim", "ddim", 7.5, "")]
    [InlineData("pipeline_no_guidance", null, 1.0, "")]
    [InlineData("pipeline_negative", null, 7.5, "low quality, blurry, watermark")]
    public void Final_latents_and_pictures_equal_the_references(string name, string? schedulerName, double guidance, string negative)
    {
        using var golden = new Golden("sd1-tiny.golden", name);
        using var inputs = new Golden("sd1-tiny.golden", "pipeline_inputs");
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = new GenerationSettings { Steps = 10, GuidanceScale = guidance, Scheduler = schedulerName, NegativePrompt = negative };

        GeneratedPicture[] pictures = [.. pipeline.Generate([.. Prompts.Select(p => new GenerationItem(p, 0))], settings, inputs["initial_latents"])];

        golden.AssertClose("latents", stack(pictures.Select(p => p.Latents)));
        if (!golden.Names.Contains("image_uint8", StringComparer.Ordinal)) return;
        using var expected = golden["image_uint8"];
        var worst = pictures.SelectMany((p, i) => p.Image.Pixels.ToArray().Zip(expected[i].bytes.ToArray(), (a, b) => Math.Abs(a - b))).Max();
        Assert.True(worst <= 1, $"A byte of the picture differs by {worst}.");
    }

    [Fact]
    public void The_same_seed_gives_the_latents_of_a_torch_generator_on_the_cpu()
    {
        // torch.randn((1, 4, 2, 2), generator=torch.Generator("cpu").manual_seed(42)), as printed by PyTorch.
        using var generator = new Generator(42, CPU);
        using var latents = randn([1, 4, 2, 2], generator: generator);
        Assert.Equal([1.9269f, 1.4873f, 0.9007f, -2.1055f], latents.data<float>().Take(4).Select(v => MathF.Round(v, 4)));
    }

    [Fact]
    public void A_picture_does_not_depend_on_what_else_is_asked_for()
    {
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var settings = new GenerationSettings { Steps = 4 };
        GeneratedPicture[] both = [.. pipeline.Generate([new(Prompts[0], 3), new(Prompts[1], 4)], settings)];
        GeneratedPicture[] alone = [.. pipeline.Generate([new(Prompts[1], 4)], settings)];
        Assert.True((both[1].Latents - alone[0].Latents).abs().max().item<float>() < 1e-3f);
    }
}
