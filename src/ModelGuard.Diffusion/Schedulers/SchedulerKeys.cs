using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Which settings which scheduler knows in diffusers 0.35, as far as they are not honoured here.</summary>
internal static class SchedulerKeys
{
    // Settings of diffusers' schedulers for these models that are read by no scheduler here, or only by one that refuses them.
    private static readonly string[] Foreign =
    [
        "algorithm_type", "disable_corrector", "dynamic_thresholding_ratio", "euler_at_final", "final_sigmas_type", "flow_shift", "interpolation_type",
        "lambda_min_clipped", "lower_order_final", "noise_sampler_seed", "original_inference_steps", "predict_x0", "sample_max_value", "solver_order",
        "solver_type", "thresholding", "time_shift_type", "timestep_scaling", "timestep_type", "use_beta_sigmas", "use_dynamic_shifting",
        "use_exponential_sigmas", "use_flow_sigmas", "use_lu_lambdas", "variance_type",
        // Early versions wrote the name of the array library.
        "tensor_format",
    ];

    /// <summary>Refuses values that the class would obey in diffusers and cannot here.</summary>
    /// <exception cref="CheckpointException">MG0222.</exception>
    public static void RefuseUnsupported(ModelConfig config, string className)
    {
        config.Only("beta_schedule", "\"linear\"", "\"scaled_linear\"").Only("prediction_type", "\"epsilon\"", "\"v_prediction\"", "\"sample\"")
            .Only("timestep_spacing", "\"leading\"", "\"trailing\"", "\"linspace\"").Only("predict_epsilon", "true");
        switch (className)
        {
            case "DDIMScheduler":
                config.Only("thresholding", "false");
                break;
            case "EulerDiscreteScheduler":
                config.Only("interpolation_type", "\"linear\"").Only("timestep_type", "\"discrete\"").Only("final_sigmas_type", "\"zero\"", "\"sigma_min\"")
                    .Only("use_exponential_sigmas", "false").Only("use_beta_sigmas", "false");
                break;
            case "UniPCMultistepScheduler":
                RefuseOfMultistep(config).Only("solver_p");
                break;
            case "DPMSolverMultistepScheduler":
                RefuseOfMultistep(config).Only("use_lu_lambdas", "false")
                    .Only("variance_type", "\"fixed_small\"", "\"fixed_small_log\"", "\"fixed_large\"", "\"fixed_large_log\"")
                    .Only("algorithm_type", "\"dpmsolver++\"", "\"dpmsolver\"", "\"sde-dpmsolver++\"", "\"deis\"");
                // The reference's formula of order 3 does not go to 0 with the step, and the paper has none.
                if (Algorithm(config) == "sde-dpmsolver++") config.Only("solver_order", "1", "2");
                break;
        }
    }

    /// <summary>The algorithm, by DPM-Solver's names: diffusers takes DEIS' for the default.</summary>
    public static string Algorithm(ModelConfig config) => config.Text("algorithm_type", "dpmsolver++") is var name and not "deis" ? name : "dpmsolver++";

    /// <summary>Refuses what was not read, unless it is known to be of another scheduler.</summary>
    /// <exception cref="CheckpointException">MG0223.</exception>
    public static void Complete(ModelConfig config) => config.WithoutEffect(Foreign).Complete();

    // Each multistep method takes the solver types of the others for its own default.
    private static ModelConfig RefuseOfMultistep(ModelConfig config) => config
        .Only("thresholding", "false").Only("final_sigmas_type", "\"zero\"", "\"sigma_min\"").Only("use_exponential_sigmas", "false")
        .Only("use_beta_sigmas", "false").Only("use_flow_sigmas", "false").Only("use_dynamic_shifting", "false")
        .Only("solver_type", "\"midpoint\"", "\"heun\"", "\"logrho\"", "\"bh1\"", "\"bh2\"");
}
