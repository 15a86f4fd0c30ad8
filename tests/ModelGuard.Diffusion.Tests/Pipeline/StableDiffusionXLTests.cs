using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Pipeline;

public sealed class StableDiffusionXLTests
{
    private static readonly GenerationItem[] Items = [new(StableDiffusionPipelineTests.Prompts[0], 1), new(StableDiffusionPipelineTests.Prompts[1], 2)];
    private static readonly GenerationSettings Small = new() { Steps = 2, Scheduler = "ddim", Width = 32, Height = 64 };

    [Fact]
    public void Encoded_prompts_equal_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sdxl-tiny.golden", "pipeline_inputs");
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sdxl-tiny"));
        var encoder = new StableDiffusionXLPromptEncoder(pipeline.TextEncoders, zerosForNone: true, CPU);

        var prompts = encoder.Encode(StableDiffusionPipelineTests.Prompts);
        var none = encoder.EncodeNegative(null);
        var negative = encoder.EncodeNegative(StableDiffusionPipelineTests.Negative);

        golden.AssertClose("prompt_embeds", prompts.States);
        golden.AssertClose("pooled_prompt_embeds", prompts.Pooled!);
        golden.AssertClose("negative_prompt_embeds", none.States.expand(2, -1, -1));
        golden.AssertClose("negative_pooled_prompt_embeds", none.Pooled!.expand(2, -1));
        golden.AssertClose("negative_prompt_embeds_with_negative", negative.States.expand(2, -1, -1));
        golden.AssertClose("negative_pooled_prompt_embeds_with_negative", negative.Pooled!.expand(2, -1));
    }

    [Fact]
    public void Without_zeros_for_an_empty_prompt_an_empty_text_stands_against_the_prompt()
    {
        using var scope = NewDisposeScope();
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sdxl-tiny"));
        Change(Path.Combine(folder.Path, "model_index.json"), "force_zeros_for_empty_prompt", false);
        using var zeros = StableDiffusionPipeline.Load(Golden.Model("sdxl-tiny"));
        using var texts = StableDiffusionPipeline.Load(folder.Path);

        var none = Latents(zeros, Small);
        var empty = Latents(zeros, Small with { NegativePrompt = "" });

        Assert.Equal(empty, Latents(texts, Small));
        Assert.Equal(empty, Latents(texts, Small with { NegativePrompt = "" }));
        Assert.NotEqual(empty, none);
    }

    [Fact]
    public void The_network_is_told_the_pictures_own_size_or_the_sizes_that_are_asked_for()
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sdxl-tiny"));
        var told = new List<float[]>();
        pipeline.Unet.register_forward_pre_hook((_, sample, timestep, conditions) =>
        {
            told.Add(conditions.TimeIds!.contiguous().data<float>().ToArray());
            return (sample, timestep, conditions);
        });

        Latents(pipeline, Small with { Steps = 1 });
        Latents(pipeline, Small with { Steps = 1, OriginalSize = new PixelSize(96, 160), Crop = new PixelOffset(8, 4), TargetSize = new PixelSize(128, 112) });

        Assert.Equal([64, 32, 0, 0, 64, 32], told[0][^6..]);
        Assert.Equal([96, 160, 8, 4, 128, 112], told[1][^6..]);
        Assert.All(told, t => Assert.Equal(t.Chunk(6).First(), t.Chunk(6).Last()));
    }

    [Fact]
    public void Sizes_that_mean_nothing_are_refused()
    {
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sdxl-tiny"));
        using var other = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));

        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { OriginalSize = new PixelSize(0, 64) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { TargetSize = new PixelSize(64, 1 << 20) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => pipeline.Generate(Items, Small with { Crop = new PixelOffset(-1, 0) }));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => other.Generate(Items, Small with { Crop = new PixelOffset(0, 8) }));
        Assert.Contains("Stable Diffusion XL", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text_encoder")]
    [InlineData("text_encoder_2")]
    public void Either_text_encoder_can_be_exchanged(string component)
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sdxl-tiny"));
        var before = Latents(pipeline, Small);
        using var same = pipeline.WithTextEncoder(CLIPTextModel.Load(Path.Combine(Golden.Model("sdxl-tiny"), component)), component);
        using var other = pipeline.WithTextEncoder(Doubled(component), component);

        Assert.Equal(before, Latents(same, Small));
        Assert.NotEqual(before, Latents(other, Small));
        Assert.Same(pipeline.Unet, other.Unet);
    }

    [Fact]
    public void Both_text_encoders_can_be_exchanged_and_the_first_pipeline_goes_on_working()
    {
        using var scope = NewDisposeScope();
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sdxl-tiny"));
        var before = Latents(pipeline, Small);
        using (var other = pipeline.WithTextEncoders(new Dictionary<string, CLIPTextModel>(StringComparer.Ordinal) { ["text_encoder"] = Doubled("text_encoder"), ["text_encoder_2"] = Doubled("text_encoder_2") }))
        {
            Assert.NotEqual(before, Latents(other, Small));
        }

        using (var other = pipeline.WithTextEncoder(Doubled("text_encoder")))
        {
            Assert.NotEqual(before, Latents(other, Small));
        }

        Assert.Equal(before, Latents(pipeline, Small));
        using var unused = Doubled("text_encoder");
        var error = Assert.Throws<ArgumentException>(() => pipeline.WithTextEncoder(unused, "text_encoder_3"));
        Assert.Contains("'text_encoder' and 'text_encoder_2'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_UNet_without_pooled_text_and_sizes_is_a_mistake_of_the_caller()
    {
        using var scope = NewDisposeScope();
        using var unet = UNet2DConditionModel.Load(Path.Combine(Golden.Model("sdxl-tiny"), "unet"));

        Assert.Throws<ArgumentException>(() => unet.call(randn([1, 4, 8, 8]), tensor(1), randn([1, 77, 64])));
    }

    [Theory]
    [InlineData("model_index.json", "requires_aesthetics_score", "true", "MG0222")]
    [InlineData("unet/config.json", "cross_attention_dim", "128", "MG0229")]
    [InlineData("unet/config.json", "projection_class_embeddings_input_dim", "80", "MG0229")]
    [InlineData("unet/config.json", "addition_time_embed_dim", "6", "MG0229")]
    [InlineData("unet/config.json", "addition_embed_type", "\"text\"", "MG0222")]
    [InlineData("unet/config.json", "mid_block_type", "\"UNetMidBlock2DSimpleCrossAttn\"", "MG0222")]
    [InlineData("unet/config.json", "a_new_key", "1", "MG0223")]
    [InlineData("vae/config.json", "latents_mean", "[0, 0, 0, 0]", "MG0222")]
    [InlineData("vae/config.json", "latents_std", "[1, 1, 1, 1]", "MG0222")]
    [InlineData("text_encoder_2/config.json", "projection_dim", "20", "MG0231")]
    [InlineData("text_encoder_2/config.json", "a_new_key", "1", "MG0223")]
    [InlineData("tokenizer_2/tokenizer_config.json", "model_max_length", "50", "MG0229")]
    public void What_cannot_be_honoured_is_refused_by_its_key(string file, string key, string value, string code)
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sdxl-tiny"));
        Change(Path.Combine(folder.Path, file), key, JsonNode.Parse(value));

        var error = Assert.Throws<CheckpointException>(() =>
        {
            using var pipeline = StableDiffusionPipeline.Load(folder.Path);
            return pipeline.Generate(Items, Small).ToList();
        });

        Assert.Equal(code, error.Code);
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
        if (code != "MG0231") Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_text_encoder_without_projection_is_refused()
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model("sdxl-tiny"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder.Path, "text_encoder"))) File.Copy(file, Path.Combine(folder.Path, "text_encoder_2", Path.GetFileName(file)), overwrite: true);
        Change(Path.Combine(folder.Path, "unet", "config.json"), "cross_attention_dim", 48);

        using var pipeline = StableDiffusionPipeline.Load(folder.Path);
        Assert.Null(pipeline.TextEncoders[1].Model.call(zeros([1, 77], dtype: ScalarType.Int64)).TextEmbeds);
        var error = Assert.Throws<CheckpointException>(() => pipeline.Generate(Items, Small));

        Assert.Equal("MG0229", error.Code);
        Assert.Contains("text_encoder_2 has no text_projection", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sdxl-tiny", "StableDiffusionPipeline", "cross_attention_dim is 64")]
    [InlineData("sd1-tiny", "StableDiffusionXLPipeline", "MG0263")]
    public void A_model_of_one_family_does_not_run_as_the_other(string model, string pipelineClass, string expected)
    {
        using var folder = TemporaryFolder.CopyOf(Golden.Model(model));
        Change(Path.Combine(folder.Path, "model_index.json"), "_class_name", pipelineClass);

        var error = Assert.Throws<CheckpointException>(() =>
        {
            using var pipeline = StableDiffusionPipeline.Load(folder.Path);
            return pipeline.Generate(Items, Small).ToList();
        });

        Assert.Contains(expected, $"{error.Code}: {error.Message}", StringComparison.Ordinal);
    }

    private static CLIPTextModel Doubled(string component)
    {
        var model = CLIPTextModel.Load(Path.Combine(Golden.Model("sdxl-tiny"), component));
        using (no_grad()) model.Tower.get_parameter("encoder.layers.0.self_attn.out_proj.weight")!.mul_(2);
        return model;
    }

    private static float[] Latents(StableDiffusionPipeline pipeline, GenerationSettings settings) =>
        [.. pipeline.Generate(Items, settings).SelectMany(p => p.Latents.data<float>().ToArray())];

    private static void Change(string path, string key, JsonNode? value)
    {
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[key] = value;
        File.WriteAllText(path, json.ToJsonString());
    }
}
