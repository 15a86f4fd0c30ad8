using System.Text.RegularExpressions;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Layers;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Weights;

public sealed class ModuleWeightsTests
{
    private static readonly string Encoder = Path.Combine(Golden.Model("sdxl-tiny"), "text_encoder_2");

    [Theory]
    [InlineData("text_projection.weight", "MG0230")]
    [InlineData("text_model.final_layer_norm.bias", "MG0230")]
    public void A_missing_tensor_is_named(string missing, string code) => AssertRefused(code, missing, tensors => tensors.Where(t => t.Name != missing));

    [Theory]
    [InlineData("text_model.embeddings.token_embedding.weight")]
    [InlineData("text_projection.weight")]
    public void A_tensor_of_another_shape_is_named(string name) => AssertRefused("MG0231", name, tensors => tensors.Select(t => t.Name == name ? t with { Shape = [t.Shape[1], t.Shape[0]] } : t), square: name == "text_projection.weight");

    [Fact]
    public void A_tensor_that_is_left_over_is_named() => AssertRefused("MG0232", "text_model.encoder.layers.4.mlp.fc1.bias", tensors =>
        [.. tensors, new TensorSource("text_model.encoder.layers.4.mlp.fc1.bias", TensorDataType.F32, [1], new byte[4])]);

    [Fact]
    public void A_config_that_asks_for_terabytes_ends_in_a_sentence_about_the_first_tensor()
    {
        using var folder = TemporaryFolder.CopyOf(Path.Combine(Golden.Model("sdxl-tiny"), "unet"));
        var config = File.ReadAllText(folder["config.json"]);
        File.WriteAllText(folder["config.json"], Regex.Replace(config, @"""block_out_channels"": \[[^\]]*\]", @"""block_out_channels"": [65536, 65536, 65536]", RegexOptions.None, TimeSpan.FromSeconds(1)));

        var error = Assert.Throws<CheckpointException>(() => UNet2DConditionModel.Load(folder.Path));

        Assert.Equal("MG0231", error.Code);
        Assert.Contains("65536", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_read_before_all_names_and_shapes_are_right()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Encoder, "config.json"), folder["config.json"]);
        Write(folder, tensors => tensors.Where(t => t.Name != "text_projection.weight"));
        using var model = EmptyParameter.Create(ScalarType.Float32, () => new CLIPTextModel(CLIPTextModel.ReadConfig(Component.OfFolder(Encoder))));
        using (no_grad())
        {
            foreach (var (_, parameter) in model.named_parameters()) parameter.fill_(7);
        }

        using var weights = Component.OfFolder(folder.Path).OpenWeights();
        Assert.Throws<CheckpointException>(() => ModuleWeights.Load(model, weights));

        Assert.All(model.named_parameters(), p => Assert.True(p.parameter.eq(7).all().item<bool>(), p.name));
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void Half_precision_weights_are_converted_and_nothing_else(ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Encoder, "config.json"), folder["config.json"]);
        Write(folder, tensors => tensors, ScalarType.Float16);

        using var model = CLIPTextModel.Load(folder.Path, dtype);

        using var original = SafetensorsFile.Open(Path.Combine(Encoder, "model.safetensors"));
        foreach (var (name, parameter) in model.named_parameters())
        {
            Assert.Equal(dtype, parameter.dtype);
            Assert.True(parameter.eq(TensorConversion.Read(original, original.Get(name)).to(ScalarType.Float16).to(dtype)).all().item<bool>(), name);
        }
    }

    private static void AssertRefused(string code, string name, Func<IEnumerable<TensorSource>, IEnumerable<TensorSource>> change, bool square = false)
    {
        using var folder = new TemporaryFolder();
        // A square matrix has the same shape either way round.
        var config = File.ReadAllText(Path.Combine(Encoder, "config.json"));
        File.WriteAllText(folder["config.json"], square ? config.Replace("\"projection_dim\": 40", "\"projection_dim\": 20", StringComparison.Ordinal) : config);
        Write(folder, change);

        var error = Assert.Throws<CheckpointException>(() => CLIPTextModel.Load(folder.Path));

        Assert.Equal(code, error.Code);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(folder["model.safetensors"], error.Message, StringComparison.Ordinal);
    }

    private static void Write(TemporaryFolder folder, Func<IEnumerable<TensorSource>, IEnumerable<TensorSource>> change, ScalarType? type = null)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(Path.Combine(Encoder, "model.safetensors"));
        var tensors = file.Tensors.Select(t => type is { } narrow
            ? new TensorSource(t.Name, TensorConversion.ToDataType(narrow), t.Shape, TensorConversion.ToBytes(TensorConversion.Read(file, t).to(narrow)))
            : new TensorSource(t.Name, t.DataType, t.Shape, file.GetBytes(t).ToArray()));
        SafetensorsWriter.Write(folder["model.safetensors"], [.. change(tensors)]);
    }
}
