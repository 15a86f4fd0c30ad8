using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Gated GELU, (dropout,) linear: <c>ff.net.0.proj</c> and <c>ff.net.2</c>.</summary>
public sealed class FeedForward : Module<Tensor, Tensor>
{
    private readonly ModuleList<Module<Tensor, Tensor>> net;

    /// <summary>Creates the layer with four times the width inside.</summary>
    public FeedForward(long channels)
        : base(nameof(FeedForward))
    {
        net = new ModuleList<Module<Tensor, Tensor>>(new GEGLU(channels, channels * 4), Identity(), new Layers.Linear(channels * 4, channels));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return net[2].call(net[0].call(input)).MoveToOuterDisposeScope();
    }
}
