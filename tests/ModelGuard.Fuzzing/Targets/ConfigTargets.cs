using System.Text;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Settings of networks and schedulers.</summary>
internal static class ConfigTargets
{
    private static readonly string[] Words =
    [
        "_class_name", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings", "vocab_size", "hidden_act", "quick_gelu", "projection_dim", "image_size", "patch_size", "block_out_channels", "down_block_types", "up_block_types", "attention_head_dim",
        "cross_attention_dim", "layers_per_block", "norm_num_groups", "sample_size", "scaling_factor", "latent_channels", "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "scaled_linear", "trained_betas", "prediction_type", "epsilon", "v_prediction", "steps_offset", "clip_sample",
        "set_alpha_to_one", "timestep_spacing", "leading", "trailing", "rescale_betas_zero_snr", "use_karras_sigmas", "solver_order", "algorithm_type", "DDIMScheduler", "PNDMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler", "text_config", "vision_config",
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("network-config", (input, _) => ReadNetworks(input)) { Words = Words, Factor = 1000 },
        new("scheduler-config", (input, _) => SchedulerConfig.From(ModelConfig.Parse(Encoding.UTF8.GetString(input.Span), "scheduler_config.json")).ClassName.Length > 0 ? "read" : "") { Words = Words },
    ];

    private static string ReadNetworks(ReadOnlyMemory<byte> input)
    {
        var json = Encoding.UTF8.GetString(input.Span);
        return $"{Try(c => CLIPTextConfig.From(c))} {Try(c => CLIPVisionConfig.From(c))} {Try(c => UNet2DConditionConfig.From(c))} {Try(c => AutoencoderKLConfig.From(c))}";

        string Try(Action<ModelConfig> read)
        {
            try
            {
                read(ModelConfig.Parse(json, "config.json"));
                return "read";
            }
            catch (CheckpointException e)
            {
                return e.Code;
            }
        }
    }
}
