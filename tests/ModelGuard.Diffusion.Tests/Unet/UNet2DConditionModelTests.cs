using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Unet;

public sealed class UNet2DConditionModelTests
{
    private static UNet2DConditionModel Load() => UNet2DConditionModel.Load(Path.Combine(Golden.Model("sd1-tiny"), "unet"));

    [Fact]
    public void Predictions_equal_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "unet");
        using var unet = Load();
        var context = golden["encoder_hidden_states"];

        foreach (var t in new[] { 1, 501, 981 }) golden.AssertClose($"sample.t{t}", unet.call(golden["x"], tensor(t), context));
        golden.AssertClose("sample.t_per_item", unet.call(golden["x"], tensor(new[] { 7, 650 }), context));
        golden.AssertClose("sample.t_fractional", unet.call(golden["x"], tensor(333.25), context));
        golden.AssertClose("sample_odd.t501", unet.call(golden["x_odd"], tensor(501), context));
    }

    [Fact]
    public void The_state_after_every_block_equals_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var inputs = new Golden("sd1-tiny.golden", "unet");
        using var golden = new Golden("sd1-tiny.golden", "unet_blocks");
        using var unet = Load();
        var seen = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var paths = unet.named_modules().Select(m => m.name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in golden.Names)
        {
            var path = name.EndsWith(".out", StringComparison.Ordinal) && name.Contains("attentions", StringComparison.Ordinal) ? name[..^4] : name;
            if (paths.Contains(path)) ActivationHooks.OnOutput(unet, path, x => seen[name] = x.clone().DetachFromDisposeScope());
        }

        var sample = unet.call(inputs["x"].narrow(0, 0, 1), tensor(501), inputs["encoder_hidden_states"].narrow(0, 0, 1));

        golden.AssertClose("sample", sample);
        Assert.True(seen.Count >= 50, $"only {seen.Count} states were read");
        foreach (var (name, value) in seen) golden.AssertClose(name, value.view(golden[name].shape));
    }
}
