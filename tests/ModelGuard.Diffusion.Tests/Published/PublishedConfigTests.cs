using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Layers;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Tests.Published;

/// <summary>
/// The config files of published models make networks of the published size. They are built on the <c>meta</c> device: names and shapes
/// without memory.
/// </summary>
public sealed class PublishedConfigTests
{
    [Theory]
    [InlineData("sd1-unet", 859_520_964, 686)]
    [InlineData("sd2-unet", 865_910_724, 686)]
    [InlineData("sdxl-unet", 2_567_463_684, 1680)]
    public void A_published_UNet_has_its_published_size(string name, long parameters, int tensors) => AssertSize(parameters, tensors, () =>
    {
        var config = Read(name);
        var settings = UNet2DConditionConfig.From(config);
        config.Complete();
        return new UNet2DConditionModel(settings);
    });

    [Theory]
    [InlineData("sd1-vae", 0.18215)]
    [InlineData("sd2-vae", 0.18215)]
    [InlineData("sdxl-vae", 0.13025)]
    public void A_published_VAE_has_its_published_size(string name, double scaling) => AssertSize(83_653_863, 248, () =>
    {
        var config = Read(name);
        var settings = AutoencoderKLConfig.From(config);
        config.Complete();
        Assert.Equal(scaling, settings.ScalingFactor);
        return new AutoencoderKL(settings);
    });

    [Theory]
    [InlineData("sd1-text_encoder", 123_060_480, 196)]
    [InlineData("sd2-text_encoder", 340_387_840, 372)]
    [InlineData("sdxl-text_encoder", 123_060_480, 196)]
    [InlineData("sdxl-text_encoder_2", 694_659_840, 517)]
    public void A_published_text_encoder_has_its_published_size(string name, long parameters, int tensors) => AssertSize(parameters, tensors, () =>
    {
        var config = Read(name);
        var settings = CLIPTextConfig.From(config);
        config.Complete();
        return new CLIPTextModel(settings);
    });

    [Theory]
    [InlineData("openai-clip-vit-base-patch32", 151_277_313, 398, "quick_gelu")]
    [InlineData("openai-clip-vit-large-patch14", 427_616_513, 590, "quick_gelu")]
    [InlineData("laion-CLIP-ViT-B-32-laion2B-s34B-b79K", 151_277_313, 398, "gelu")]
    [InlineData("laion-CLIP-ViT-H-14-laion2B-s32B-b79K", 986_109_441, 910, "gelu")]
    public void A_published_scorer_has_its_published_size(string name, long parameters, int tensors, string activation) => AssertSize(parameters, tensors, () =>
    {
        var settings = CLIPModel.ReadConfig(Read(name));
        Assert.Equal((activation, activation), (settings.Text.HiddenAct, settings.Vision.HiddenAct));
        return new CLIPModel(settings.Text, settings.Vision, settings.ProjectionDim);
    });

    internal static string PathOf(string name) => Path.Combine(RepositoryPaths.Root, "tests", "ModelGuard.Diffusion.Tests", "Published", name + ".json");

    private static ModelConfig Read(string name) => ModelConfig.Read(PathOf(name));

    private static void AssertSize(long parameters, int tensors, Func<Module> create)
    {
        using var model = EmptyParameter.Create(ScalarType.Float32, create, META);

        var found = model.named_parameters().ToArray();

        Assert.All(found, p => Assert.Equal(DeviceType.META, p.parameter.device_type));
        Assert.Equal(tensors, found.Length);
        Assert.Equal(parameters, found.Sum(p => p.parameter.numel()));
    }
}
