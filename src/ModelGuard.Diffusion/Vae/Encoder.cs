using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>Pictures to moments.</summary>
public sealed class Encoder : Module<Tensor, Tensor>
{
    private readonly Layers.Conv2d conv_in;
    private readonly ModuleList<DownEncoderBlock2D> down_blocks;
    private readonly VaeMidBlock mid_block;
    private readonly Layers.GroupNorm conv_norm_out;
    private readonly Layers.Conv2d conv_out;

    /// <summary>Creates the encoder.</summary>
    public Encoder(AutoencoderKLConfig config)
        : base(nameof(Encoder))
    {
        var channels = config.BlockOutChannels;
        conv_in = new Layers.Conv2d(config.InChannels, channels[0], 3, padding: 1);
        down_blocks = new ModuleList<DownEncoderBlock2D>([.. channels.Select((c, i) => new DownEncoderBlock2D(channels[Math.Max(i - 1, 0)], c, config.LayersPerBlock, i < channels.Length - 1, config.NormNumGroups, AutoencoderKL.NormEps))]);
        mid_block = new VaeMidBlock(channels[^1], config.NormNumGroups, AutoencoderKL.NormEps);
        conv_norm_out = new Layers.GroupNorm(config.NormNumGroups, channels[^1], AutoencoderKL.NormEps);
        conv_out = new Layers.Conv2d(channels[^1], config.LatentChannels * 2, 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>[n, 3, h, w] → [n, 2 × latent channels, h/f, w/f].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = conv_in.call(input);
        foreach (var block in down_blocks) hidden = block.call(hidden);
        return conv_out.call(functional.silu(conv_norm_out.call(mid_block.call(hidden)))).MoveToOuterDisposeScope();
    }
}
