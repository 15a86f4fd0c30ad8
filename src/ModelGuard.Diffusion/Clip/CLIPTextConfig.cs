using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Clip;

/// <summary>The settings of a CLIP text tower, with transformers' defaults (<c>configuration_clip.py</c>).</summary>
public sealed record CLIPTextConfig
{
    /// <summary>Entries of the vocabulary.</summary>
    public long VocabSize { get; init; } = 49408;

    /// <summary>Width of the hidden states.</summary>
    public long HiddenSize { get; init; } = 512;

    /// <summary>Width inside the MLP.</summary>
    public long IntermediateSize { get; init; } = 2048;

    /// <summary>Width of the shared embedding space.</summary>
    public long ProjectionDim { get; init; } = 512;

    /// <summary>Number of transformer layers.</summary>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Number of attention heads.</summary>
    public long NumAttentionHeads { get; init; } = 8;

    /// <summary>Number of positions.</summary>
    public int MaxPositionEmbeddings { get; init; } = 77;

    /// <summary>The activation of the MLP.</summary>
    public string HiddenAct { get; init; } = "quick_gelu";

    /// <summary>Epsilon of the layer norms.</summary>
    public double LayerNormEps { get; init; } = 1e-5;

    /// <summary>Id of the end token; 2 stands for "the largest id of the prompt", as in configs written before 2023.</summary>
    public long EosTokenId { get; init; } = 49407;

    /// <summary>Where the config was read, for messages.</summary>
    public string Place { get; init; } = "text config";

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0225 for what cannot be honoured.</exception>
    public static CLIPTextConfig From(ModelConfig config)
    {
        var result = new CLIPTextConfig
        {
            VocabSize = config.Integer("vocab_size", 49408),
            HiddenSize = config.Integer("hidden_size", 512),
            IntermediateSize = config.Integer("intermediate_size", 2048),
            ProjectionDim = config.Integer("projection_dim", 512),
            NumHiddenLayers = checked((int)config.Integer("num_hidden_layers", 12)),
            NumAttentionHeads = config.Integer("num_attention_heads", 8),
            MaxPositionEmbeddings = checked((int)config.Integer("max_position_embeddings", 77)),
            HiddenAct = config.Text("hidden_act", "quick_gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            EosTokenId = config.Integer("eos_token_id", 49407),
            Place = config.Place,
        };
        config.WithoutEffect("architectures", "model_type", "attention_dropout", "dropout", "bos_token_id", "pad_token_id", "initializer_factor", "initializer_range", "torch_dtype", "dtype", "transformers_version");
        ClipChecks.RequireDivisible(result.HiddenSize, result.NumAttentionHeads, result.Place);
        return result;
    }
}
