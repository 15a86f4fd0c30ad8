using ModelGuard.Diffusion.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>Resnet, attention, resnet (diffusers' <c>UNetMidBlock2D</c>).</summary>
public sealed class VaeMidBlock : Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<VaeAttention> attentions;

    /// <summary>Creates the block.</summary>
    public VaeMidBlock(long channels, long groups, double eps)
        : base(nameof(VaeMidBlock))
    {
        resnets = new ModuleList<ResnetBlock2D>(new ResnetBlock2D(channels, channels, null, groups, eps), new ResnetBlock2D(channels, channels, null, groups, eps));
        attentions = new ModuleList<VaeAttention>(new VaeAttention(channels, groups, eps));
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return resnets[1].call(attentions[0].call(resnets[0].call(input, null)), null).MoveToOuterDisposeScope();
    }
}
