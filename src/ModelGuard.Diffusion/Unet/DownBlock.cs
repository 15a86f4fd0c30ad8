using ModelGuard.Diffusion.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Unet;

/// <summary>One level on the way down: diffusers' <c>CrossAttnDownBlock2D</c>, or <c>DownBlock2D</c> without attention.</summary>
public sealed class DownBlock : Module<Tensor, Tensor, Tensor, IReadOnlyList<Tensor>>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Transformer2DModel> attentions;
    private readonly ModuleList<Downsample2D> downsamplers;

    internal DownBlock(UNet2DConditionConfig config, int level, long inChannels, long timeChannels)
        : base(nameof(DownBlock))
    {
        var channels = config.BlockOutChannels[level];
        var layers = Enumerable.Range(0, checked((int)config.LayersPerBlock[level])).ToArray();
        resnets = new ModuleList<ResnetBlock2D>([.. layers.Select(i => new ResnetBlock2D(i == 0 ? inChannels : channels, channels, timeChannels, config.NormNumGroups, config.NormEps))]);
        attentions = new ModuleList<Transformer2DModel>(config.DownAttention[level]
            ? [.. layers.Select(_ => new Transformer2DModel(channels, config.CrossAttentionDim, config.Heads[level], config.TransformerLayersPerBlock[level], config.NormNumGroups, config.UseLinearProjection))]
            : []);
        var isLast = level == config.BlockOutChannels.Length - 1;
        downsamplers = new ModuleList<Downsample2D>(isLast ? [] : [new Downsample2D(channels, padsBehind: false)]);
        RegisterComponents();
    }

    /// <summary>[n, in, h, w], time [n, time], text states → the states after each resnet and after the downsampler: the skip connections, the last of them the output.</summary>
    public override IReadOnlyList<Tensor> forward(Tensor hidden, Tensor time, Tensor context)
    {
        var states = new List<Tensor>();
        for (var i = 0; i < resnets.Count; i++)
        {
            using var scope = NewDisposeScope();
            hidden = resnets[i].call(hidden, time);
            if (attentions.Count > 0) hidden = attentions[i].call(hidden, context);
            states.Add(hidden.MoveToOuterDisposeScope());
        }

        foreach (var downsampler in downsamplers) states.Add(downsampler.call(hidden));
        return states;
    }
}
