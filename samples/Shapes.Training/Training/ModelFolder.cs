using System.Text.Json;
using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>Writes what <c>save_pretrained</c> of diffusers and transformers would: configs and float16 weights.</summary>
internal static class ModelFolder
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Parameters in float16; <paramref name="prefix"/> selects some of them.</summary>
    public static void WriteWeights(nn.Module module, string path, string prefix = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var scope = NewDisposeScope();
        var tensors = module.named_parameters()
            .Where(p => p.name.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(p => p.name, StringComparer.Ordinal)
            .Select(p => new TensorSource(p.name, TensorDataType.F16, [.. p.parameter.shape], TensorConversion.ToBytes(p.parameter.detach().to(ScalarType.Float16))));
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
    }

    public static JsonObject Text(CLIPTextConfig c) => new()
    {
        ["bos_token_id"] = c.VocabSize - 2,
        ["eos_token_id"] = c.EosTokenId,
        ["hidden_act"] = c.HiddenAct,
        ["hidden_size"] = c.HiddenSize,
        ["intermediate_size"] = c.IntermediateSize,
        ["layer_norm_eps"] = c.LayerNormEps,
        ["max_position_embeddings"] = c.MaxPositionEmbeddings,
        ["model_type"] = "clip_text_model",
        ["num_attention_heads"] = c.NumAttentionHeads,
        ["num_hidden_layers"] = c.NumHiddenLayers,
        ["pad_token_id"] = c.EosTokenId,
        ["projection_dim"] = c.ProjectionDim,
        ["vocab_size"] = c.VocabSize,
    };

    public static JsonObject Vision(CLIPVisionConfig c, long projection) => new()
    {
        ["hidden_act"] = c.HiddenAct,
        ["hidden_size"] = c.HiddenSize,
        ["image_size"] = c.ImageSize,
        ["intermediate_size"] = c.IntermediateSize,
        ["layer_norm_eps"] = c.LayerNormEps,
        ["model_type"] = "clip_vision_model",
        ["num_attention_heads"] = c.NumAttentionHeads,
        ["num_channels"] = c.NumChannels,
        ["num_hidden_layers"] = c.NumHiddenLayers,
        ["patch_size"] = c.PatchSize,
        ["projection_dim"] = projection,
    };

    public static JsonObject TextModel(CLIPTextConfig c)
    {
        var json = Text(c);
        json["architectures"] = new JsonArray("CLIPTextModel");
        json["torch_dtype"] = "float16";
        return json;
    }

    public static JsonObject Clip(CLIPTextConfig text, CLIPVisionConfig vision, long projection) => new()
    {
        ["architectures"] = new JsonArray("CLIPModel"),
        ["logit_scale_init_value"] = 2.6592,
        ["model_type"] = "clip",
        ["projection_dim"] = projection,
        ["text_config"] = Text(text),
        ["torch_dtype"] = "float16",
        ["vision_config"] = Vision(vision, projection),
    };

    public static JsonObject Unet(UNet2DConditionConfig c) => new()
    {
        ["_class_name"] = "UNet2DConditionModel",
        ["act_fn"] = "silu",
        ["attention_head_dim"] = c.Heads[0],
        ["block_out_channels"] = Array(c.BlockOutChannels),
        ["cross_attention_dim"] = c.CrossAttentionDim,
        ["down_block_types"] = new JsonArray([.. c.DownAttention.Select(a => JsonValue.Create(a ? "CrossAttnDownBlock2D" : "DownBlock2D"))]),
        ["flip_sin_to_cos"] = c.FlipSinToCos,
        ["freq_shift"] = 0,
        ["in_channels"] = c.InChannels,
        ["layers_per_block"] = c.LayersPerBlock[0],
        ["mid_block_type"] = "UNetMidBlock2DCrossAttn",
        ["norm_eps"] = c.NormEps,
        ["norm_num_groups"] = c.NormNumGroups,
        ["out_channels"] = c.OutChannels,
        ["sample_size"] = c.SampleSize,
        ["up_block_types"] = new JsonArray([.. c.UpAttention.Select(a => JsonValue.Create(a ? "CrossAttnUpBlock2D" : "UpBlock2D"))]),
    };

    public static JsonObject Vae(AutoencoderKLConfig c, double scalingFactor) => new()
    {
        ["_class_name"] = "AutoencoderKL",
        ["act_fn"] = "silu",
        ["block_out_channels"] = Array(c.BlockOutChannels),
        ["down_block_types"] = new JsonArray([.. c.BlockOutChannels.Select(_ => JsonValue.Create("DownEncoderBlock2D"))]),
        ["in_channels"] = c.InChannels,
        ["latent_channels"] = c.LatentChannels,
        ["layers_per_block"] = c.LayersPerBlock,
        ["norm_num_groups"] = c.NormNumGroups,
        ["out_channels"] = c.OutChannels,
        ["sample_size"] = 64,
        ["scaling_factor"] = Math.Round(scalingFactor, 5),
        ["up_block_types"] = new JsonArray([.. c.BlockOutChannels.Select(_ => JsonValue.Create("UpDecoderBlock2D"))]),
    };

    public static JsonObject Scheduler() => new()
    {
        ["_class_name"] = "PNDMScheduler",
        ["beta_end"] = 0.012,
        ["beta_schedule"] = "scaled_linear",
        ["beta_start"] = 0.00085,
        ["clip_sample"] = false,
        ["num_train_timesteps"] = 1000,
        ["prediction_type"] = "epsilon",
        ["set_alpha_to_one"] = false,
        ["skip_prk_steps"] = true,
        ["steps_offset"] = 1,
        ["timestep_spacing"] = "leading",
    };

    public static JsonObject Index() => new()
    {
        ["_class_name"] = "StableDiffusionPipeline",
        ["_diffusers_version"] = "0.35.2",
        ["feature_extractor"] = new JsonArray(null, null),
        ["requires_safety_checker"] = false,
        ["safety_checker"] = new JsonArray(null, null),
        ["scheduler"] = new JsonArray("diffusers", "PNDMScheduler"),
        ["text_encoder"] = new JsonArray("transformers", "CLIPTextModel"),
        ["tokenizer"] = new JsonArray("transformers", "CLIPTokenizer"),
        ["unet"] = new JsonArray("diffusers", "UNet2DConditionModel"),
        ["vae"] = new JsonArray("diffusers", "AutoencoderKL"),
    };

    public static JsonObject Preprocessor(int side) => new()
    {
        ["crop_size"] = new JsonObject { ["height"] = side, ["width"] = side },
        ["do_center_crop"] = true,
        ["do_convert_rgb"] = true,
        ["do_normalize"] = true,
        ["do_rescale"] = true,
        ["do_resize"] = true,
        ["image_mean"] = new JsonArray(0.5, 0.5, 0.5),
        ["image_processor_type"] = "CLIPImageProcessor",
        ["image_std"] = new JsonArray(0.5, 0.5, 0.5),
        ["resample"] = 3,
        ["rescale_factor"] = 1 / 255.0,
        ["size"] = new JsonObject { ["shortest_edge"] = side },
    };

    public static void WriteJson(string path, JsonObject json)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, json.ToJsonString(Indented) + "\n");
    }

    private static JsonArray Array(IEnumerable<long> values) => new([.. values.Select(v => JsonValue.Create(v))]);
}
