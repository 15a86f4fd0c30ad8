using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Clip;

/// <summary>The settings of a CLIP text tower, with transformers' defaults (<c>configuration_clip.py</c>).</summary>
public sealed record CLIPTextConfig
{
    // Added tokens included; more than twenty times CLIP's own.
    private const long MostTokens = 1 << 20;

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

    /// <summary>Whether the pooled row is projected, as in <c>CLIPTextModelWithProjection</c>.</summary>
    public bool HasProjection { get; init; }

    /// <summary>Where the config was read, for messages.</summary>
    public string Place { get; init; } = "text config";

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0225 for what cannot be honoured.</exception>
    public static CLIPTextConfig From(ModelConfig config)
    {
        var result = new CLIPTextConfig
        {
            VocabSize = config.Between("vocab_size", config.Integer("vocab_size", 49408), 1, MostTokens),
            HiddenSize = config.Integer("hidden_size", 512),
            IntermediateSize = config.Between("intermediate_size", config.Integer("intermediate_size", 2048), 1, ConfigChecks.Largest),
            ProjectionDim = config.Between("projection_dim", config.Integer("projection_dim", 512), 1, ConfigChecks.Largest),
            NumHiddenLayers = (int)config.Between("num_hidden_layers", config.Integer("num_hidden_layers", 12), 1, ConfigChecks.Deepest),
            NumAttentionHeads = config.Integer("num_attention_heads", 8),
            MaxPositionEmbeddings = (int)config.Between("max_position_embeddings", config.Integer("max_position_embeddings", 77), 1, ConfigChecks.Largest),
            HiddenAct = config.Text("hidden_act", "quick_gelu"),
            LayerNormEps = config.Number("layer_norm_eps", 1e-5),
            EosTokenId = config.Integer("eos_token_id", 49407),
            HasProjection = config.Texts("architectures", []).Contains("CLIPTextModelWithProjection", StringComparer.Ordinal),
            Place = config.Place,
        };
        config.WithoutGenericKeys().WithoutEffect("attention_dropout", "dropout", "initializer_factor", "initializer_range");
        ClipChecks.RequireDivisible(result.HiddenSize, result.NumAttentionHeads, result.Place);
        return result;
    }
}
