using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class RefusalTests
{
    private static readonly GenerationItem[] Items = [new("a photo of a cat", 1), new("a photo of a dog", 2)];
    private static readonly GenerationSettings Small = new() { Steps = 1, Width = 32, Height = 32 };

    [Theory]
    [InlineData("unet", "conv_out.bias")]
    [InlineData("vae", "decoder.conv_out.bias")]
    public void A_model_that_gives_no_numbers_never_gives_a_picture(string component, string tensorName)
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        var path = Path.Combine(folder.Path, component, "diffusion_pytorch_model.safetensors");
        long offset;
        using (var file = SafetensorsFile.Open(path)) offset = file.Get(tensorName).Offset;
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write))
        {
            stream.Position = offset;
            stream.Write(BitConverter.GetBytes(float.NaN));
        }

        using var pipeline = StableDiffusionPipeline.Load(folder.Path);

        var error = Assert.Throws<CheckpointException>(() => pipeline.Generate(Items, Small).ToList());

        Assert.Equal("MG0233", error.Code);
        Assert.Contains("'a photo of a cat' with seed 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Components_of_different_models_are_refused()
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        var path = Path.Combine(folder.Path, "tokenizer", "tokenizer_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["model_max_length"] = 300;
        File.WriteAllText(path, config.ToJsonString());
        using var pipeline = StableDiffusionPipeline.Load(folder.Path);

        var error = Assert.Throws<CheckpointException>(() => pipeline.Generate(Items, Small));

        Assert.Equal("MG0229", error.Code);
        Assert.Contains("300", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_make_no_picture_are_refused_before_any_work()
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));

        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { Steps = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { Width = 33 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { GuidanceScale = double.NaN }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { GuidanceRescale = 1.5 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { Eta = 0.5 }));
        Assert.Throws<ArgumentException>(() => pipeline.Generate(Items, Small, zeros(1, 4, 4, 4)));
        Assert.Throws<ArgumentException>(() => pipeline.Generate(Items, Small, zeros(2, 4, 8, 8)));
        Assert.Throws<ArgumentException>(() => pipeline.Generate(Items, Small, zeros(8)));
    }

    [Fact]
    public void Cancelling_stops_between_two_steps()
    {
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        using var cancellation = new CancellationTokenSource();
        var calls = 0;
        pipeline.Unet.register_forward_pre_hook((_, sample, timestep, context) =>
        {
            if (++calls == 3) cancellation.Cancel();
            return (sample, timestep, context);
        });

        Assert.Throws<OperationCanceledException>(() => pipeline.Generate(Items, Small with { Steps = 10 }, cancellation: cancellation.Token).ToList());

        Assert.Equal(3, calls);
    }
}
