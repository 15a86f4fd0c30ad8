using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Clip;

public sealed class CLIPTextModelTests
{
    [Theory]
    [InlineData("sd1-tiny", "text_encoder", 4, false)]
    [InlineData("sd2-tiny", "text_encoder", 3, false)]
    [InlineData("sdxl-tiny", "text_encoder", 3, false)]
    [InlineData("sdxl-tiny", "text_encoder_2", 4, true)]
    public void Every_state_equals_the_references(string name, string component, int layers, bool hasProjection)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden(name + ".golden", component);
        using var model = CLIPTextModel.Load(Path.Combine(Golden.Model(name), component));
        var seen = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (var layer = 0; layer < layers; layer++)
        {
            var (path, key) = ($"text_model.encoder.layers.{layer}.self_attn.out_proj", $"layers.{layer}.out_proj");
            ActivationHooks.OnInput(model, path, x => seen[key + ".input"] = x.clone().DetachFromDisposeScope());
            ActivationHooks.OnOutput(model, path, x => seen[key + ".output"] = x.clone().DetachFromDisposeScope());
        }

        var output = model.call(golden["input_ids"]);

        for (var i = 0; i < output.HiddenStates.Length; i++) seen[$"hidden_states.{i}"] = output.HiddenStates[i];
        seen["last_hidden_state"] = output.LastHiddenState;
        if (hasProjection) seen["text_embeds"] = output.TextEmbeds!;
        else seen["pooler_output"] = output.PoolerOutput;
        Assert.Equal(hasProjection, output.TextEmbeds is not null);
        Assert.Equal(golden.Names.Where(n => n != "input_ids").Order(StringComparer.Ordinal), seen.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, value) in seen) golden.AssertClose(key, value);
    }

    [Fact]
    public void A_model_cut_short_gives_the_same_first_states()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "text_encoder");
        using var model = CLIPTextModel.Load(Path.Combine(Golden.Model("sd1-tiny"), "text_encoder"), layers: 2);

        var output = model.call(golden["input_ids"]);

        Assert.Equal(3, output.HiddenStates.Length);
        golden.AssertClose("hidden_states.2", output.HiddenStates[2]);
    }
}
