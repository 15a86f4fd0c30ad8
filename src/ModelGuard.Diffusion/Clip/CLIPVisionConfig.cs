using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Clip;

/// <summary>The settings of a CLIP vision tower, with transformers' defaults (<c>configuration_clip.py</c>).</summary>
public sealed record CLIPVisionConfig
{
    // Ten times those of the largest published model.
    private const long MostPatchesPerSide = 256;

    /// <summary>Width of the hidden states.</summary>
    public long HiddenSize { get; init; } = 768;

    /// <summary>Width inside the MLP.</summary>
    public long IntermediateSize { get; init; } = 3072;

    /// <summary>Number of transformer layers.</summary>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Number of attention heads.</summary>
    public long NumAttentionHeads { get; init; } = 12;

    /// <summary>Channels of the picture.</summary>
    public long NumChannels { get; init; } = 3;

    /// <summary>Side of the picture in pixels.</summary>
    public long ImageSize { get; init; } = 224;

    /// <summary>Side of a patch in pixels.</summary>
    public long PatchSize { get; init; } = 32;

    /// <summary>The activation of the MLP.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Where the config was read, for messages.</summary>
    public string Place { get; init; } = "vision config";

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0225 for what cannot be honoured.</exception>
    public static CLIPVisionConfig From(ModelConfig config)
    {
        var result = new CLIPVisionConfig
        {
            HiddenSize = config.Integer("hidden_size", 768),
            IntermediateSize = config.Between("intermediate_size", config.Integer("intermediate_size", 3072), 1, ConfigChecks.Largest),
            NumHiddenLayers = (int)config.Between("num_hidden_layers", config.Integer("num_hidden_layers", 12), 1, ConfigChecks.Deepest),
            NumAttentionHeads = config.Integer("num_attention_heads", 12),
            NumChannels = config.Between("num_channels", config.Integer("num_channels", 3), 1, ConfigChecks.Largest),
            ImageSize = config.Between("image_size", config.Integer("image_size", 224), 1, ConfigChecks.Largest),
            PatchSize = config.Between("patch_size", config.Integer("patch_size", 32), 1, ConfigChecks.Largest),
            HiddenAct = config.Text("hidden_act", "quick_gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            Place = config.Place,
        };
        config.Between("image_size", result.ImageSize, result.PatchSize, result.PatchSize * MostPatchesPerSide);
        config.WithoutGenericKeys().WithoutEffect("eos_token_id", "attention_dropout", "dropout", "projection_dim", "initializer_factor", "initializer_range");
        ClipChecks.RequireDivisible(result.HiddenSize, result.NumAttentionHeads, result.Place);
        return result;
    }
}
