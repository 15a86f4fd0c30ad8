using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Tests.Published;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Clip;

/// <summary>Scorers with the config files of published models, at a size that a test can hold.</summary>
public sealed class PublishedScorerTests
{
    private const int Width = 32;

    [Theory]
    [InlineData("openai-clip-vit-base-patch32")]
    [InlineData("openai-clip-vit-large-patch14")]
    [InlineData("laion-CLIP-ViT-B-32-laion2B-s34B-b79K")]
    [InlineData("laion-CLIP-ViT-H-14-laion2B-s32B-b79K")]
    public void A_scorer_that_is_saved_and_loaded_gives_the_same_features(string name)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Golden.Model("clip-tiny")).Where(f => Path.GetFileName(f) is not ("config.json" or "model.safetensors"))) File.Copy(file, folder[Path.GetFileName(file)]);
        File.WriteAllText(folder["config.json"], Reduced(name).ToJsonString());
        var settings = CLIPModel.ReadConfig(ModelConfig.Read(folder["config.json"]));
        using var model = new CLIPModel(settings.Text, settings.Vision, settings.ProjectionDim);
        using var generator = new Generator(5, CPU);
        foreach (var (_, parameter) in model.named_parameters()) parameter.copy_(randn(parameter.shape, generator: generator) * 0.2);
        SafetensorsWriter.Write(folder["model.safetensors"], model.named_parameters().Select(p => new TensorSource(p.name, TensorDataType.F32, [.. p.parameter.shape], TensorConversion.ToBytes(p.parameter))));

        using var loaded = CLIPModel.Load(folder.Path);
        using var scorer = ClipScorer.Load(folder.Path);
        var ids = tensor(new long[] { 798, 320, 581, 799, 799, 798, 514, 799, 799, 799 }).view(2, 5);
        var pixels = randn([2, 3, Width, Width], generator: generator);
        var cosines = scorer.Cosines([new RgbImage(Width, Width, new byte[Width * Width * 3])], ["a photo of a cat", "a dog"]);

        Assert.Equal(Values(model.GetTextFeatures(ids, null)), Values(loaded.GetTextFeatures(ids, null)));
        Assert.Equal(Values(model.GetImageFeatures(pixels)), Values(loaded.GetImageFeatures(pixels)));
        Assert.All(cosines.Cast<double>(), c => Assert.InRange(c, -1, 1));
        Assert.NotEqual(cosines[0, 0], cosines[0, 1]);

        static float[] Values(Tensor t) => t.contiguous().data<float>().ToArray();
    }

    [Theory]
    [InlineData("text_config", "a_new_key", "true", "MG0223")]
    [InlineData("vision_config", "a_new_key", "true", "MG0223")]
    [InlineData("text_config", "pruned_heads", "{\"0\": [1]}", "MG0222")]
    [InlineData("text_config", "hidden_act", "\"gelu_new\"", "MG0221")]
    [InlineData("text_config", "num_hidden_layers", "100000", "MG0224")]
    [InlineData("text_config", "hidden_size", "33", "MG0225")]
    [InlineData("vision_config", "num_attention_heads", "5", "MG0225")]
    [InlineData("vision_config", "patch_size", "0", "MG0224")]
    [InlineData("vision_config", "image_size", "4", "MG0224")]
    [InlineData("vision_config", "image_size", "65536", "MG0224")]
    public void What_cannot_be_honoured_is_refused_by_its_key(string section, string key, string value, string code)
    {
        using var folder = new TemporaryFolder();
        var config = Reduced("openai-clip-vit-base-patch32");
        config[section]![key] = JsonNode.Parse(value);
        File.WriteAllText(folder["config.json"], config.ToJsonString());

        var error = Assert.Throws<CheckpointException>(() =>
        {
            var settings = CLIPModel.ReadConfig(ModelConfig.Read(folder["config.json"]));
            _ = new CLIPModel(settings.Text, settings.Vision, settings.ProjectionDim);
        });

        Assert.Equal(code, error.Code);
        Assert.Contains(folder["config.json"], error.Message, StringComparison.Ordinal);
        Assert.Contains(code == "MG0221" ? "gelu_new" : key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_form_of_a_towers_settings_overrides_the_first()
    {
        var config = Reduced("openai-clip-vit-base-patch32");
        config["text_config_dict"] = new JsonObject { ["hidden_size"] = 64, ["num_attention_heads"] = 4 };

        var text = CLIPModel.ReadConfig(ModelConfig.Parse(config.ToJsonString(), "config.json")).Text;

        // What it lacks has the default, not the first form's value: as in transformers.
        Assert.Equal((64, 49408, 12), (text.HiddenSize, text.VocabSize, text.NumHiddenLayers));
    }

    private static JsonObject Reduced(string name)
    {
        var config = JsonNode.Parse(File.ReadAllText(PublishedConfigTests.PathOf(name)))!.AsObject();
        config["projection_dim"] = 24;
        foreach (var key in new[] { "text_config", "text_config_dict", "vision_config", "vision_config_dict" })
        {
            if (config[key] is not JsonObject tower) continue;
            tower["hidden_size"] = Width;
            tower["intermediate_size"] = 64;
            tower["num_attention_heads"] = 4;
            tower["num_hidden_layers"] = 2;
            if (key.StartsWith("text", StringComparison.Ordinal)) tower["vocab_size"] = 800;
            else (tower["image_size"], tower["patch_size"]) = (Width, 8);
            if (key.StartsWith("text", StringComparison.Ordinal)) tower["eos_token_id"] = 2;
        }

        return config;
    }
}
