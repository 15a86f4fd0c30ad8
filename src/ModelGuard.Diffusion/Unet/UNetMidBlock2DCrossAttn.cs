using ModelGuard.Diffusion.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Unet;

/// <summary>The bottom of the UNet: resnet, transformer, resnet.</summary>
public sealed class UNetMidBlock2DCrossAttn : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Transformer2DModel> attentions;

    internal UNetMidBlock2DCrossAttn(UNet2DConditionConfig config, long timeChannels)
        : base(nameof(UNetMidBlock2DCrossAttn))
    {
        var channels = config.BlockOutChannels[^1];
        resnets = new ModuleList<ResnetBlock2D>(
            new ResnetBlock2D(channels, channels, timeChannels, config.NormNumGroups, config.NormEps),
            new ResnetBlock2D(channels, channels, timeChannels, config.NormNumGroups, config.NormEps));
        attentions = new ModuleList<Transformer2DModel>(new Transformer2DModel(channels, config.CrossAttentionDim, config.Heads[^1], config.TransformerLayersPerBlock[^1], config.NormNumGroups, config.UseLinearProjection));
        RegisterComponents();
    }

    /// <summary>[n, c, h, w], time [n, time], text states → [n, c, h, w].</summary>
    public override Tensor forward(Tensor hidden, Tensor time, Tensor context)
    {
        using var scope = NewDisposeScope();
        hidden = attentions[0].call(resnets[0].call(hidden, time), context);
        return resnets[1].call(hidden, time).MoveToOuterDisposeScope();
    }
}
