using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Vae;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Vae;

public sealed class AutoencoderKLTests
{
    private static AutoencoderKL Load(string model = "sd1-tiny", ScalarType dtype = ScalarType.Float32) =>
        AutoencoderKL.Load(Path.Combine(Golden.Model(model), "vae"), dtype);

    [Theory]
    [InlineData("sd1-tiny", "sd1-tiny")]
    [InlineData("sd1-tiny-legacy", "sd1-tiny")]
    [InlineData("sd2-tiny", "sd2-tiny")]
    [InlineData("sdxl-tiny", "sdxl-tiny")]
    public void Moments_and_pictures_equal_the_references(string model, string reference)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(reference + ".golden", "vae");
        using var vae = Load(model);

        EncodeAndDecode(vae, golden, ScalarType.Float32, golden.AssertClose);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void In_double_precision_only_the_references_own_rounding_is_left(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "vae");
        using var vae = Load(model, ScalarType.Float64);

        EncodeAndDecode(vae, golden, ScalarType.Float64, golden.AssertEqualUpToTheReferencesRounding);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void The_state_after_every_block_equals_the_references(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var inputs = new Golden(model + ".golden", "vae");
        using var golden = new Golden(model + ".golden", "vae_blocks");
        using var vae = Load(model);
        var seen = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var name in golden.Names) ActivationHooks.OnOutput(vae, name, x => seen[name] = x.clone().DetachFromDisposeScope());

        vae.Encode(inputs["image"].narrow(0, 0, 1));
        vae.Decode(inputs["latents"].narrow(0, 0, 1));

        Assert.Equal(golden.Names.Order(StringComparer.Ordinal), seen.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in seen) golden.AssertClose(name, value);
    }

    [Fact]
    public void Weights_under_the_attention_names_of_old_versions_load()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var source = Path.Combine(Golden.Model("sd1-tiny"), "vae");
        File.Copy(Path.Combine(source, "config.json"), folder["config.json"]);
        using (var file = SafetensorsFile.Open(Path.Combine(source, "diffusion_pytorch_model.safetensors")))
        {
            SafetensorsWriter.Write(folder["diffusion_pytorch_model.safetensors"], file.Tensors.Select(t => new TensorSource(OldName(t.Name), t.DataType, t.Shape, file.GetBytes(t).ToArray())));
        }

        using var golden = new Golden("sd1-tiny.golden", "vae");
        using var vae = AutoencoderKL.Load(folder.Path);

        EncodeAndDecode(vae, golden, ScalarType.Float32, golden.AssertClose);

        static string OldName(string name) => !name.Contains("mid_block.attentions", StringComparison.Ordinal) ? name : name
            .Replace("to_q", "query", StringComparison.Ordinal).Replace("to_k", "key", StringComparison.Ordinal)
            .Replace("to_v", "value", StringComparison.Ordinal).Replace("to_out.0", "proj_attn", StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_reach_every_weight_while_training()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "vae");
        using var vae = Load();
        vae.train();

        var moments = vae.Encode(golden["image"]);
        (vae.Decode(moments.Mean + (moments.LogVariance * 0.5).exp()) - golden["image"]).square().mean().backward();

        foreach (var (name, parameter) in vae.named_parameters())
        {
            // A bias before a softmax over its own axis cannot matter.
            if (name.EndsWith("to_k.bias", StringComparison.Ordinal)) continue;
            Assert.True(parameter.grad is { } g && g.abs().max().item<float>() is > 0 and < float.PositiveInfinity, $"The gradient of {name} is missing, 0 or no number.");
        }
    }

    private static void EncodeAndDecode(AutoencoderKL vae, Golden golden, ScalarType dtype, Action<string, Tensor> assert)
    {
        var moments = vae.Encode(golden["image"].to(dtype));
        assert("mean", moments.Mean);
        assert("logvar", moments.LogVariance);
        assert("moments", cat([moments.Mean, moments.LogVariance], 1));
        assert("mean_odd", vae.Encode(golden["image_odd"].to(dtype)).Mean);
        assert("decoded", vae.Decode(golden["latents"].to(dtype)));
    }
}
