using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Clip;

public sealed class CLIPTextModelTests
{
    [Fact]
    public void Every_state_equals_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "text_encoder");
        using var model = CLIPTextModel.Load(Path.Combine(Golden.Model("sd1-tiny"), "text_encoder"));
        var seen = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (var layer = 0; layer < 4; layer++)
        {
            var (path, key) = ($"text_model.encoder.layers.{layer}.self_attn.out_proj", $"layers.{layer}.out_proj");
            ActivationHooks.OnInput(model, path, x => seen[key + ".input"] = x.clone().DetachFromDisposeScope());
            ActivationHooks.OnOutput(model, path, x => seen[key + ".output"] = x.clone().DetachFromDisposeScope());
        }

        var output = model.call(golden["input_ids"]);

        for (var i = 0; i < output.HiddenStates.Length; i++) golden.AssertClose($"hidden_states.{i}", output.HiddenStates[i]);
        golden.AssertClose("last_hidden_state", output.LastHiddenState);
        golden.AssertClose("pooler_output", output.PoolerOutput);
        Assert.Equal(8, seen.Count);
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
