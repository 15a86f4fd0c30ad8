using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>Latents to pictures.</summary>
public sealed class Decoder : Module<Tensor, Tensor>
{
    private readonly Layers.Conv2d conv_in;
    private readonly VaeMidBlock mid_block;
    private readonly ModuleList<UpDecoderBlock2D> up_blocks;
    private readonly Layers.GroupNorm conv_norm_out;
    private readonly Layers.Conv2d conv_out;

    /// <summary>Creates the decoder.</summary>
    public Decoder(AutoencoderKLConfig config)
        : base(nameof(Decoder))
    {
        long[] channels = [.. config.BlockOutChannels.Reverse()];
        conv_in = new Layers.Conv2d(config.LatentChannels, channels[0], 3, padding: 1);
        mid_block = new VaeMidBlock(channels[0], config.NormNumGroups, AutoencoderKL.NormEps);
        up_blocks = new ModuleList<UpDecoderBlock2D>([.. channels.Select((c, i) => new UpDecoderBlock2D(channels[Math.Max(i - 1, 0)], c, config.LayersPerBlock + 1, i < channels.Length - 1, config.NormNumGroups, AutoencoderKL.NormEps))]);
        conv_norm_out = new Layers.GroupNorm(config.NormNumGroups, channels[^1], AutoencoderKL.NormEps);
        conv_out = new Layers.Conv2d(channels[^1], config.OutChannels, 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>[n, latent channels, h, w] → [n, 3, h·f, w·f].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var hidden = mid_block.call(conv_in.call(input));
        foreach (var block in up_blocks) hidden = block.call(hidden);
        return conv_out.call(functional.silu(conv_norm_out.call(hidden))).MoveToOuterDisposeScope();
    }
}
