using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Unet;

/// <summary>The settings of a UNet, with diffusers' defaults (<c>unet_2d_condition.py</c>). Lists have one entry a level.</summary>
public sealed record UNet2DConditionConfig
{
    /// <summary>Channels of the latents.</summary>
    public long InChannels { get; init; } = 4;

    /// <summary>Channels of the prediction.</summary>
    public long OutChannels { get; init; } = 4;

    /// <summary>Channels of each level.</summary>
    public ImmutableArray<long> BlockOutChannels { get; init; } = [320, 640, 1280, 1280];

    /// <summary>Whether each level on the way down has cross-attention.</summary>
    public ImmutableArray<bool> DownAttention { get; init; } = [true, true, true, false];

    /// <summary>Whether each level on the way up has cross-attention.</summary>
    public ImmutableArray<bool> UpAttention { get; init; } = [false, true, true, true];

    /// <summary>Resnets of each level on the way down; one more on the way up.</summary>
    public ImmutableArray<long> LayersPerBlock { get; init; } = [2, 2, 2, 2];

    /// <summary>Transformer blocks of each level.</summary>
    public ImmutableArray<long> TransformerLayersPerBlock { get; init; } = [1, 1, 1, 1];

    /// <summary>Width of the text states.</summary>
    public long CrossAttentionDim { get; init; } = 1280;

    /// <summary>Number of heads of each level; configs call it <c>attention_head_dim</c>.</summary>
    public ImmutableArray<long> Heads { get; init; } = [8, 8, 8, 8];

    /// <summary>Groups of the group norms.</summary>
    public long NormNumGroups { get; init; } = 32;

    /// <summary>Epsilon of the resnets' norms.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>Whether transformers project by linear layers.</summary>
    public bool UseLinearProjection { get; init; }

    /// <summary>Whether the time embedding is cosine first.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Shift of the time embedding's frequencies.</summary>
    public double FreqShift { get; init; }

    /// <summary>What is added to the time embedding (<c>addition_embed_type: text_time</c>, SDXL); null for nothing.</summary>
    public AdditionEmbedding? AdditionEmbedding { get; init; }

    /// <summary>Side of the latents that the model was trained on.</summary>
    public long SampleSize { get; init; } = 64;

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0226 for what cannot be honoured.</exception>
    public static UNet2DConditionConfig From(ModelConfig config)
    {
        var groups = config.Integer("norm_num_groups", 32);
        var channels = config.Levels(config.Integers("block_out_channels", [320, 640, 1280, 1280]), groups);
        var levels = channels.Length;
        var headsKey = config.Has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim";
        var result = new UNet2DConditionConfig
        {
            InChannels = config.Between("in_channels", config.Integer("in_channels", 4), 1, ConfigChecks.Largest),
            OutChannels = config.Between("out_channels", config.Integer("out_channels", 4), 1, ConfigChecks.Largest),
            BlockOutChannels = channels,
            DownAttention = Attention(config, "down_block_types", ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"], "CrossAttnDownBlock2D", "DownBlock2D"),
            UpAttention = Attention(config, "up_block_types", ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"], "CrossAttnUpBlock2D", "UpBlock2D"),
            LayersPerBlock = config.Between("layers_per_block", config.Integers("layers_per_block", levels, 2), 1, ConfigChecks.Deepest),
            TransformerLayersPerBlock = config.Between("transformer_layers_per_block", config.Integers("transformer_layers_per_block", levels, 1), 1, ConfigChecks.Deepest),
            CrossAttentionDim = config.Between("cross_attention_dim", config.Integer("cross_attention_dim", 1280), 1, ConfigChecks.Largest),
            Heads = config.Between(headsKey, config.Integers(headsKey, levels, 8), 1, ConfigChecks.Largest),
            NormNumGroups = groups,
            NormEps = config.Above("norm_eps", config.Number("norm_eps", 1e-5), 0, 1),
            UseLinearProjection = config.Flag("use_linear_projection", false),
            FlipSinToCos = config.Flag("flip_sin_to_cos", true),
            FreqShift = config.Number("freq_shift", 0),
            AdditionEmbedding = Addition(config),
            SampleSize = config.Between("sample_size", config.Integer("sample_size", 64), 1, ConfigChecks.Largest),
        };
        if (result.DownAttention.Length != levels || result.UpAttention.Length != levels)
        {
            throw new CheckpointException("MG0226", FormattableString.Invariant($"'{config.Place}' lists {levels} block_out_channels, {result.DownAttention.Length} down_block_types and {result.UpAttention.Length} up_block_types; they must be as many."), config.Place);
        }

        for (var level = 0; level < levels; level++)
        {
            var hasAttention = result.DownAttention[level] || result.UpAttention[^(level + 1)] || level == levels - 1;
            if (hasAttention) config.Multiple("block_out_channels", channels[level], headsKey, result.Heads[level]);
        }

        // Half of the time embedding's sinusoids are sines.
        config.Multiple("block_out_channels", channels[0], "sines and cosines", 2);
        RefuseOtherArchitectures(config);
        return result;
    }

    private static ImmutableArray<bool> Attention(ModelConfig config, string key, ImmutableArray<string> defaults, string with, string without) =>
        [.. config.Texts(key, defaults).Select(type => type == with || (type == without ? false : throw new CheckpointException("MG0222", $"'{config.Place}' lists '{type}' in '{key}', which is not supported (supported: {with}, {without}).", config.Place)))];

    private static AdditionEmbedding? Addition(ModelConfig config)
    {
        const string TimeKey = "addition_time_embed_dim", InputKey = "projection_class_embeddings_input_dim";
        config.Only("addition_embed_type", "\"text_time\"");
        if (!config.Has("addition_embed_type"))
        {
            config.Only(InputKey).WithoutEffect(TimeKey);
            return null;
        }

        // The reference has no defaults for these two.
        foreach (var key in new[] { TimeKey, InputKey })
        {
            if (!config.Has(key)) throw new CheckpointException("MG0224", $"'{config.Place}' sets 'addition_embed_type' to \"text_time\" but not '{key}', which that needs.", config.Place);
        }

        var (time, input) = (config.Between(TimeKey, config.Integer(TimeKey, 0), 1, ConfigChecks.Largest), config.Between(InputKey, config.Integer(InputKey, 0), 1, ConfigChecks.Largest));
        config.Multiple(TimeKey, time, "sines and cosines", 2);
        return new AdditionEmbedding(time, input);
    }

    private static void RefuseOtherArchitectures(ModelConfig config) => config
        .Only("act_fn", "\"silu\"", "\"swish\"").Only("attention_type", "\"default\"").Only("center_input_sample", "false")
        .Only("class_embed_type").Only("class_embeddings_concat", "false").Only("conv_in_kernel", "3").Only("conv_out_kernel", "3")
        .Only("cross_attention_norm").Only("downsample_padding", "1").Only("dual_cross_attention", "false").Only("encoder_hid_dim").Only("encoder_hid_dim_type")
        .Only("mid_block_scale_factor", "1", "1.0").Only("mid_block_type", "\"UNetMidBlock2DCrossAttn\"").Only("num_class_embeds")
        .Only("only_cross_attention", "false").Only("mid_block_only_cross_attention", "false").Only("resnet_out_scale_factor", "1", "1.0")
        .Only("resnet_skip_time_act", "false").Only("resnet_time_scale_shift", "\"default\"").Only("reverse_transformer_layers_per_block")
        .Only("time_cond_proj_dim").Only("time_embedding_act_fn").Only("time_embedding_dim").Only("time_embedding_type", "\"positional\"").Only("timestep_post_act")
        .WithoutEffect("dropout", "upcast_attention", "addition_embed_type_num_heads", "attention_head_dim");
}

/// <summary>SDXL's addition to the time embedding: pooled text and the sinusoids of six sizes.</summary>
/// <param name="TimeEmbedDim">Sinusoids of each size.</param>
/// <param name="InputDim">Width of all together.</param>
public sealed record AdditionEmbedding(long TimeEmbedDim, long InputDim);
