using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>
/// Configs from shapes. What a shape does not say (heads, norms, scaling) is what all published models of the family have; diffusers takes it
/// from the configs of Stable Diffusion 1.5, 2.1 and XL base 1.0 (<c>DIFFUSERS_DEFAULT_PIPELINE_PATHS</c>).
/// </summary>
internal sealed class Inference
{
    // CLIP, and the UNets since Stable Diffusion 2.
    private const long HeadWidth = 64;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly FrozenDictionary<string, ImmutableArray<long>> shapes;
    private readonly NameTree tree;
    private readonly SingleFilePart part;
    private readonly string path;

    /// <summary>Takes a network's tensors.</summary>
    public Inference(SingleFilePart part, ImmutableArray<PlacedTensor> tensors, string path)
    {
        this.part = part;
        this.path = path;
        shapes = tensors.ToFrozenDictionary(t => t.Pair.Reference, t => t.Shape, StringComparer.Ordinal);
        tree = new NameTree(shapes.Keys);
    }

    /// <summary>The config of a text encoder.</summary>
    /// <exception cref="CheckpointException">MG0273 for a width that is no multiple of a head's.</exception>
    public string TextEncoder()
    {
        var embedding = Shape("text_model.embeddings.token_embedding.weight", 2);
        var width = embedding[1];
        var isProjected = part.Kind == NetworkKind.ProjectedOpenClip;
        return Text(new JsonObject
        {
            ["architectures"] = new JsonArray(isProjected ? "CLIPTextModelWithProjection" : "CLIPTextModel"),
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = 0,
            // All published configs say 2, which stands for "the largest id of the prompt".
            ["eos_token_id"] = 2,
            ["hidden_act"] = part.Kind == NetworkKind.Clip ? "quick_gelu" : "gelu",
            ["hidden_size"] = width,
            ["initializer_factor"] = 1.0,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = Shape("text_model.encoder.layers.0.mlp.fc1.weight", 2)[0],
            ["layer_norm_eps"] = 1e-5,
            ["max_position_embeddings"] = Shape("text_model.embeddings.position_embedding.weight", 2)[0],
            ["model_type"] = "clip_text_model",
            ["num_attention_heads"] = Heads(width),
            ["num_hidden_layers"] = tree.Count("text_model.encoder.layers"),
            ["pad_token_id"] = 1,
            ["projection_dim"] = isProjected ? Shape("text_projection.weight", 2)[0] : width,
            ["vocab_size"] = embedding[0],
        });
    }

    /// <summary>The config of a VAE.</summary>
    public string Vae(bool isXl, long side)
    {
        var levels = Enumerable.Range(0, tree.Count("encoder.down_blocks")).ToArray();
        return Text(new JsonObject
        {
            ["_class_name"] = "AutoencoderKL",
            ["act_fn"] = "silu",
            ["block_out_channels"] = Array(levels.Select(i => Shape(FormattableString.Invariant($"encoder.down_blocks.{i}.resnets.0.conv1.weight"), 4)[0])),
            ["down_block_types"] = Array(levels.Select(_ => "DownEncoderBlock2D")),
            ["force_upcast"] = true,
            ["in_channels"] = Shape("encoder.conv_in.weight", 4)[1],
            ["latent_channels"] = Shape("decoder.conv_in.weight", 4)[1],
            ["layers_per_block"] = tree.Count("encoder.down_blocks.0.resnets"),
            ["norm_num_groups"] = 32,
            ["out_channels"] = Shape("decoder.conv_out.weight", 4)[0],
            ["sample_size"] = side,
            ["scaling_factor"] = isXl ? 0.13025 : 0.18215,
            ["up_block_types"] = Array(levels.Select(_ => "UpDecoderBlock2D")),
        });
    }

    /// <summary>The config of a UNet.</summary>
    /// <exception cref="CheckpointException">MG0273 for a structure that a config cannot say, or a width that is no multiple of a head's.</exception>
    public string Unet(SingleFileLayout layout, long sampleSize)
    {
        var names = UnetNames.OfReference(tree);
        long[] channels = [.. names.Down.Select((_, i) => Shape(FormattableString.Invariant($"down_blocks.{i}.resnets.0.conv1.weight"), 4)[0])];
        int[] layers = [.. names.Down.Select(l => l.Transformers.Length)];
        // The middle takes the last level's depth, so that a level without attention says the middle's.
        int[] transformers = [.. names.Down.Select((l, i) => l.Transformers is [> 0 and var depth, ..] ? depth : i == names.Down.Length - 1 && names.Middle is [var middle] ? Math.Max(middle, 1) : 1)];
        RequireRegular(names, transformers);
        var context = shapes.FirstOrDefault(s => s.Key.EndsWith(".attn2.to_k.weight", StringComparison.Ordinal)).Value;
        if (context is not [_, var width]) throw Unclear("has no cross-attention");
        var isLinear = shapes.Any(s => s.Key.EndsWith(".proj_in.weight", StringComparison.Ordinal) && s.Value.Length == 2);
        var config = new JsonObject
        {
            ["_class_name"] = "UNet2DConditionModel",
            ["act_fn"] = "silu",
            ["attention_head_dim"] = layout.Generation == 1 ? 8 : Array(channels.Select(Heads)),
            ["block_out_channels"] = Array(channels),
            ["center_input_sample"] = false,
            ["cross_attention_dim"] = width,
            ["down_block_types"] = Array(names.Down.Select(l => l.Transformers.Any(t => t > 0) ? "CrossAttnDownBlock2D" : "DownBlock2D")),
            ["downsample_padding"] = 1,
            ["flip_sin_to_cos"] = true,
            ["freq_shift"] = 0,
            ["in_channels"] = Shape("conv_in.weight", 4)[1],
            ["layers_per_block"] = layers.Distinct().Count() == 1 ? layers[0] : Array(layers),
            ["mid_block_scale_factor"] = 1,
            ["norm_eps"] = 1e-5,
            ["norm_num_groups"] = 32,
            ["out_channels"] = Shape("conv_out.weight", 4)[0],
            ["sample_size"] = sampleSize,
            ["transformer_layers_per_block"] = transformers.All(t => t == 1) ? 1 : Array(transformers),
            ["up_block_types"] = Array(names.Up.Select(l => l.Transformers.Any(t => t > 0) ? "CrossAttnUpBlock2D" : "UpBlock2D")),
            ["upcast_attention"] = layout.Generation == 2,
            ["use_linear_projection"] = isLinear,
        };
        if (tree.Has("add_embedding"))
        {
            config["addition_embed_type"] = "text_time";
            config["addition_time_embed_dim"] = 256;
            config["projection_class_embeddings_input_dim"] = Shape("add_embedding.linear_1.weight", 2)[1];
        }

        return Text(config);
    }

    // A config says one depth a level, and the way up mirrors the way down.
    private void RequireRegular(UnetNames names, int[] transformers)
    {
        var isRegular = names.Down.Length > 0 && names.Up.Length == names.Down.Length && names.Middle is [var depth] && depth == transformers[^1];
        for (var i = 0; isRegular && i < names.Down.Length; i++)
        {
            var (down, up) = (names.Down[i].Transformers, names.Up[^(i + 1)].Transformers);
            isRegular = down.Length > 0 && up.Length == down.Length + 1 && down.Distinct().Count() == 1 && up.All(t => t == up[0]) && (up[0] == 0 || up[0] == transformers[i]);
        }

        if (!isRegular) throw Unclear("has a structure that is not that of a published UNet of Stable Diffusion");
    }

    private long Heads(long width) => width >= HeadWidth && width % HeadWidth == 0 ? width / HeadWidth : throw Unclear(FormattableString.Invariant($"has a width of {width}, no multiple of {HeadWidth}, so that its number of heads is not known"));

    private ImmutableArray<long> Shape(string name, int rank) => shapes.TryGetValue(name, out var shape) && shape.Length == rank
        ? shape
        : throw Unclear(shape.IsDefault ? $"has no tensor '{name}'" : $"holds '{name}' with the shape [{string.Join(", ", shape)}]");

    private CheckpointException Unclear(string why) => new("MG0273", $"The config of '{part.Component}' cannot be inferred from '{path}': the network {why}. Name a diffusers folder with the config (--components, or 'model.components' in the policy).", path);

    private static string Text(JsonObject config) => config.ToJsonString(Indented);

    private static JsonArray Array<T>(IEnumerable<T> values) => [.. values.Select(v => (JsonNode?)JsonValue.Create(v))];
}
