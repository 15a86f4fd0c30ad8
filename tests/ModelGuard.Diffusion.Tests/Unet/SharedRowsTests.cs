using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Unet;

public sealed class SharedRowsTests
{
    [Theory]
    [InlineData("sd1-tiny")]
    [InlineData("sd2-tiny")]
    [InlineData("sdxl-tiny")]
    public void Latents_given_once_for_both_halves_of_guidance_give_what_doubled_ones_give(string model)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var golden = new Golden(model + ".golden", "unet");
        using var unet = UNet2DConditionModel.Load(Path.Combine(Golden.Model(model), "unet"), ScalarType.Float64);
        var latents = golden["x"].to(ScalarType.Float64);
        var doubled = Twice(new UNetConditions(golden["encoder_hidden_states"], Optional(golden, "text_embeds"), Optional(golden, "time_ids")));

        var shared = unet.call(latents, tensor(501), doubled);
        var whole = unet.call(cat([latents, latents]), tensor(501), doubled);

        Assert.Equal(whole.shape, shared.shape);
        Assert.InRange((whole - shared).abs().max().item<double>(), 0, 1e-12);
    }

    [Fact]
    public void Text_for_a_part_of_the_latents_is_refused()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var unet = UNet2DConditionModel.Load(Path.Combine(Golden.Model("sd1-tiny"), "unet"));

        var failure = Assert.Throws<ArgumentException>(() => unet.call(randn(2, 4, 8, 8), tensor(501), randn(3, 77, unet.Config.CrossAttentionDim)));

        Assert.StartsWith("3 rows of text do not fit 2 rows of latents; they must be as many, or a multiple.", failure.Message, StringComparison.Ordinal);
    }

    private static Tensor? Optional(Golden golden, string name) => golden.Names.Contains(name, StringComparer.Ordinal) ? golden[name] : null;

    // The second half has other text, as it has in guidance.
    private static UNetConditions Twice(UNetConditions one) => new(
        cat([one.EncoderHiddenStates, one.EncoderHiddenStates.roll([1], [1])]).to(ScalarType.Float64),
        one.TextEmbeds is { } pooled ? cat([pooled, pooled]).to(ScalarType.Float64) : null,
        one.TimeIds is { } sizes ? cat([sizes, sizes]).to(ScalarType.Float64) : null);
}
