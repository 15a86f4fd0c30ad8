using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Unet;

public sealed class UNet2DConditionModelTests
{
    private static UNet2DConditionModel Load(string model = "sd1-tiny", ScalarType dtype = ScalarType.Float32) =>
        UNet2DConditionModel.Load(Path.Combine(Golden.Model(model), "unet"), dtype);

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void Predictions_equal_the_references(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "unet");
        using var unet = Load(model);

        Predict(unet, golden, ScalarType.Float32, golden.AssertClose);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void In_double_precision_only_the_references_own_rounding_is_left(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "unet");
        using var unet = Load(model, ScalarType.Float64);

        Predict(unet, golden, ScalarType.Float64, golden.AssertEqualUpToTheReferencesRounding);
    }

    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void The_state_after_every_block_equals_the_references(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var inputs = new Golden(model + ".golden", "unet");
        using var golden = new Golden(model + ".golden", "unet_blocks");
        using var unet = Load(model);
        var seen = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var paths = unet.named_modules().ToDictionary(m => m.name, m => m.module, StringComparer.Ordinal);
        foreach (var name in golden.Names)
        {
            // The reference names the outputs of transformers NAME.out.
            var path = name.EndsWith(".out", StringComparison.Ordinal) ? name[..^4] : name;
            if (paths.TryGetValue(path, out var module) && module is not DownBlock) ActivationHooks.OnOutput(unet, path, x => seen[name] = x.clone().DetachFromDisposeScope());
        }

        foreach (var (path, module) in paths)
        {
            (module as DownBlock)?.register_forward_hook((_, _, _, _, states) =>
            {
                for (var i = 0; i < states.Count; i++) seen[FormattableString.Invariant($"{path}.skip{i}")] = states[i].clone().DetachFromDisposeScope();
                seen[path + ".out"] = states[^1].clone().DetachFromDisposeScope();
                return states;
            });
        }

        seen["sample"] = unet.call(inputs["x"].narrow(0, 0, 1), tensor(501), Conditions(inputs, 1, ScalarType.Float32));
        seen["time_proj"] = TimestepEmbedding.Sinusoids(tensor(new[] { 501 }), unet.Config.BlockOutChannels[0], unet.Config.FlipSinToCos, unet.Config.FreqShift);
        if (unet.Config.AdditionEmbedding is { } addition) seen["add_time_proj"] = TimestepEmbedding.Sinusoids(inputs["time_ids"].narrow(0, 0, 1).flatten(), addition.TimeEmbedDim, unet.Config.FlipSinToCos, unet.Config.FreqShift);

        Assert.Equal(golden.Names.Order(StringComparer.Ordinal), seen.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, value) in seen) golden.AssertClose(name, value.view(golden[name].shape));
    }

    [Fact]
    public void Gradients_reach_every_weight_while_training()
    {
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "unet");
        using var unet = Load();
        unet.train();

        unet.call(golden["x"], tensor(new[] { 7, 650 }), golden["encoder_hidden_states"]).square().mean().backward();

        foreach (var (name, parameter) in unet.named_parameters())
        {
            Assert.True(parameter.grad is { } g && g.abs().max().item<float>() is > 0 and < float.PositiveInfinity, $"The gradient of {name} is missing, 0 or no number.");
        }
    }

    [Fact]
    public void The_gradient_through_the_text_states_is_the_slope_of_the_loss()
    {
        const double Step = 1e-5;
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "unet");
        using var unet = Load(dtype: ScalarType.Float64);
        using var generator = new Generator(11, CPU);
        var (x, context) = (golden["x"].to(ScalarType.Float64), golden["encoder_hidden_states"].to(ScalarType.Float64));
        var direction = randn(context.shape, dtype: ScalarType.Float64, generator: generator);
        var variable = context.detach().clone().requires_grad_(true);

        Loss(variable).backward();

        var slope = (variable.grad! * direction).sum().item<double>();
        var expected = (Loss(context + (Step * direction)) - Loss(context - (Step * direction))).item<double>() / (2 * Step);
        Assert.InRange(slope / expected, 1 - 1e-6, 1 + 1e-6);

        Tensor Loss(Tensor states) => unet.call(x, tensor(501), states).square().sum();
    }

    private static void Predict(UNet2DConditionModel unet, Golden golden, ScalarType dtype, Action<string, Tensor> assert)
    {
        var (x, odd, conditions) = (golden["x"].to(dtype), golden["x_odd"].to(dtype), Conditions(golden, 2, dtype));
        foreach (var t in new[] { 1, 501, 981 }) assert(FormattableString.Invariant($"sample.t{t}"), unet.call(x, tensor(t), conditions));
        assert("sample.t_per_item", unet.call(x, tensor(new[] { 7, 650 }), conditions));
        assert("sample.t_fractional", unet.call(x, tensor(333.25), conditions));
        assert("sample_odd.t501", unet.call(odd, tensor(501), conditions));
    }

    /// <summary>Text states, and for SDXL pooled text and sizes, of the first items.</summary>
    private static UNetConditions Conditions(Golden golden, int count, ScalarType dtype)
    {
        return new UNetConditions(First("encoder_hidden_states").to(dtype), golden.Has("text_embeds") ? First("text_embeds").to(dtype) : null, golden.Has("time_ids") ? First("time_ids") : null);

        Tensor First(string name) => golden[name].narrow(0, 0, count);
    }
}
