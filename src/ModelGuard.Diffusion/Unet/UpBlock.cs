using ModelGuard.Diffusion.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Unet;

/// <summary>One level on the way up: diffusers' <c>CrossAttnUpBlock2D</c>, or <c>UpBlock2D</c> without attention.</summary>
public sealed class UpBlock : Module<UpBlockInput, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Transformer2DModel> attentions;
    private readonly ModuleList<Upsample2D> upsamplers;

    internal UpBlock(UNet2DConditionConfig config, int position, long timeChannels)
        : base(nameof(UpBlock))
    {
        // Positions count from the bottom, levels from the top.
        var levels = config.BlockOutChannels.Length;
        var level = levels - 1 - position;
        long channels = config.BlockOutChannels[level], below = config.BlockOutChannels[Math.Min(level + 1, levels - 1)], above = config.BlockOutChannels[Math.Max(level - 1, 0)];
        var count = checked((int)config.LayersPerBlock[level]) + 1;
        resnets = new ModuleList<ResnetBlock2D>([.. Enumerable.Range(0, count).Select(i =>
            new ResnetBlock2D((i == 0 ? below : channels) + (i == count - 1 ? above : channels), channels, timeChannels, config.NormNumGroups, config.NormEps))]);
        attentions = new ModuleList<Transformer2DModel>(config.UpAttention[position]
            ? [.. Enumerable.Range(0, count).Select(_ => new Transformer2DModel(channels, config.CrossAttentionDim, config.Heads[level], config.TransformerLayersPerBlock[level], config.NormNumGroups, config.UseLinearProjection))]
            : []);
        upsamplers = new ModuleList<Upsample2D>(level == 0 ? [] : [new Upsample2D(channels)]);
        RegisterComponents();
    }

    /// <summary>Number of skip connections that the level takes.</summary>
    public int SkipCount => resnets.Count;

    /// <summary>See <see cref="UpBlockInput"/> → [n, c, h', w'].</summary>
    public override Tensor forward(UpBlockInput input)
    {
        using var scope = NewDisposeScope();
        var hidden = input.Hidden;
        for (var i = 0; i < resnets.Count; i++)
        {
            hidden = resnets[i].call(cat([hidden, BatchRows.Repeat(input.Skips[^(i + 1)], hidden.shape[0])], 1), input.Time);
            if (attentions.Count > 0) hidden = attentions[i].call(hidden, input.Context);
        }

        foreach (var upsampler in upsamplers) hidden = upsampler.call(hidden, input.NextSize);
        return hidden.MoveToOuterDisposeScope();
    }
}

/// <summary>What a level on the way up takes.</summary>
/// <param name="Hidden">State from below [n, c, h, w].</param>
/// <param name="Skips">Skip connections, the last one used first.</param>
/// <param name="Time">Time embedding [n, time].</param>
/// <param name="Context">Text states [n, tokens, width].</param>
/// <param name="NextSize">Sides of the level above, which need not be twice these.</param>
public sealed record UpBlockInput(Tensor Hidden, IReadOnlyList<Tensor> Skips, Tensor Time, Tensor Context, long[] NextSize);
