using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Vae;

/// <summary>The settings of a VAE, with diffusers' defaults (<c>autoencoder_kl.py</c>).</summary>
public sealed record AutoencoderKLConfig
{
    /// <summary>Channels of the picture.</summary>
    public long InChannels { get; init; } = 3;

    /// <summary>Channels of the decoded picture.</summary>
    public long OutChannels { get; init; } = 3;

    /// <summary>Channels of the latents.</summary>
    public long LatentChannels { get; init; } = 4;

    /// <summary>Channels of each level; every level but the last halves the sides.</summary>
    public ImmutableArray<long> BlockOutChannels { get; init; } = [64];

    /// <summary>Resnets of each encoder level; the decoder has one more.</summary>
    public int LayersPerBlock { get; init; } = 1;

    /// <summary>Groups of the group norms.</summary>
    public long NormNumGroups { get; init; } = 32;

    /// <summary>Factor that brings latents to unit variance.</summary>
    public double ScalingFactor { get; init; } = 0.18215;

    /// <summary>Side of a picture ÷ side of its latents.</summary>
    public long DownFactor => 1L << (BlockOutChannels.Length - 1);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0226 for what cannot be honoured.</exception>
    public static AutoencoderKLConfig From(ModelConfig config)
    {
        var groups = config.Integer("norm_num_groups", 32);
        var result = new AutoencoderKLConfig
        {
            InChannels = config.Between("in_channels", config.Integer("in_channels", 3), 1, ConfigChecks.Largest),
            OutChannels = config.Between("out_channels", config.Integer("out_channels", 3), 1, ConfigChecks.Largest),
            LatentChannels = config.Between("latent_channels", config.Integer("latent_channels", 4), 1, ConfigChecks.Largest),
            BlockOutChannels = config.Levels(config.Integers("block_out_channels", [64]), groups),
            LayersPerBlock = (int)config.Between("layers_per_block", config.Integer("layers_per_block", 1), 1, ConfigChecks.Deepest),
            NormNumGroups = groups,
            ScalingFactor = config.Above("scaling_factor", config.Number("scaling_factor", 0.18215), 0, 1e6),
        };
        foreach (var (key, type) in new[] { ("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D") })
        {
            var types = config.Texts(key, [type]);
            if (types.Length != result.BlockOutChannels.Length || types.Any(t => t != type))
            {
                throw new CheckpointException("MG0226", $"'{config.Place}' lists [{string.Join(", ", types)}] in '{key}'; supported is '{type}' for each of its {result.BlockOutChannels.Length} levels.", config.Place);
            }
        }

        config.Only("act_fn", "\"silu\"", "\"swish\"").Only("latents_mean").Only("latents_std").Only("shift_factor").Only("mid_block_add_attention", "true")
            .Only("use_quant_conv", "true").Only("use_post_quant_conv", "true").WithoutEffect("sample_size", "force_upcast");
        return result;
    }
}
