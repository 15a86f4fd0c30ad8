using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Schedulers;

namespace ModelGuard.Diffusion.Tests.Schedulers;

public sealed class SchedulerConfigTests
{
    [Theory]
    [InlineData("PNDM", """{ "beta_schedule": "sigmoid" }""", "MG0222", "beta_schedule")]
    [InlineData("PNDM", """{ "prediction_type": "sample" }""", "MG0222", "prediction_type")]
    [InlineData("PNDM", """{ "num_train_timesteps": 0 }""", "MG0224", "num_train_timesteps")]
    [InlineData("PNDM", """{ "num_train_timesteps": 99999999999 }""", "MG0224", "num_train_timesteps")]
    [InlineData("PNDM", """{ "beta_start": -0.1 }""", "MG0224", "beta_start")]
    [InlineData("PNDM", """{ "beta_end": 1.5 }""", "MG0224", "beta_end")]
    [InlineData("PNDM", """{ "beta_end": Infinity }""", "MG0224", "beta_end")]
    [InlineData("PNDM", """{ "steps_offset": -5 }""", "MG0224", "steps_offset")]
    [InlineData("PNDM", """{ "trained_betas": [0.1, 0.2] }""", "MG0226", "trained_betas")]
    [InlineData("PNDM", """{ "set_alpha_to_on": true }""", "MG0223", "set_alpha_to_on")]
    [InlineData("PNDM", """{ "predict_epsilon": false }""", "MG0222", "predict_epsilon")]
    [InlineData("DDIM", """{ "thresholding": true }""", "MG0222", "thresholding")]
    [InlineData("DDIM", """{ "timestep_spacing": "log" }""", "MG0222", "timestep_spacing")]
    [InlineData("EulerDiscrete", """{ "interpolation_type": "log_linear" }""", "MG0222", "interpolation_type")]
    [InlineData("EulerDiscrete", """{ "timestep_type": "continuous" }""", "MG0222", "timestep_type")]
    [InlineData("EulerDiscrete", """{ "use_exponential_sigmas": true }""", "MG0222", "use_exponential_sigmas")]
    [InlineData("EulerDiscrete", """{ "use_beta_sigmas": true }""", "MG0222", "use_beta_sigmas")]
    [InlineData("EulerDiscrete", """{ "final_sigmas_type": "max" }""", "MG0222", "final_sigmas_type")]
    [InlineData("EulerDiscrete", """{ "sigma_min": -1 }""", "MG0224", "sigma_min")]
    [InlineData("EulerAncestralDiscrete", """{ "prediction_type": "sample" }""", "MG0222", "prediction_type")]
    [InlineData("DPMSolverMultistep", """{ "thresholding": true }""", "MG0222", "thresholding")]
    [InlineData("DPMSolverMultistep", """{ "use_exponential_sigmas": true }""", "MG0222", "use_exponential_sigmas")]
    [InlineData("DPMSolverMultistep", """{ "use_beta_sigmas": true }""", "MG0222", "use_beta_sigmas")]
    [InlineData("DPMSolverMultistep", """{ "use_lu_lambdas": true }""", "MG0222", "use_lu_lambdas")]
    [InlineData("DPMSolverMultistep", """{ "use_flow_sigmas": true }""", "MG0222", "use_flow_sigmas")]
    [InlineData("DPMSolverMultistep", """{ "variance_type": "learned_range" }""", "MG0222", "variance_type")]
    [InlineData("DPMSolverMultistep", """{ "algorithm_type": "sde-dpmsolver" }""", "MG0222", "algorithm_type")]
    [InlineData("DPMSolverMultistep", """{ "algorithm_type": "sde-dpmsolver++", "solver_order": 3 }""", "MG0222", "solver_order")]
    [InlineData("DPMSolverMultistep", """{ "algorithm_type": "dpmsolver" }""", "MG0222", "final_sigmas_type")]
    [InlineData("DPMSolverMultistep", """{ "solver_type": "rk4" }""", "MG0222", "solver_type")]
    [InlineData("DPMSolverMultistep", """{ "solver_order": 4 }""", "MG0224", "solver_order")]
    [InlineData("DPMSolverMultistep", """{ "lambda_min_clipped": 99 }""", "MG0224", "lambda_min_clipped")]
    [InlineData("DPMSolverMultistep", """{ "sigma_data": 0.5 }""", "MG0223", "sigma_data")]
    [InlineData("DPMSolverMultistep", """{ "use_dynamic_shifting": true }""", "MG0222", "use_dynamic_shifting")]
    [InlineData("UniPCMultistep", """{ "thresholding": true }""", "MG0222", "thresholding")]
    [InlineData("UniPCMultistep", """{ "use_flow_sigmas": true }""", "MG0222", "use_flow_sigmas")]
    [InlineData("UniPCMultistep", """{ "solver_p": {} }""", "MG0222", "solver_p")]
    [InlineData("UniPCMultistep", """{ "predict_x0": false }""", "MG0222", "final_sigmas_type")]
    [InlineData("LCM", """{ }""", "MG0227", "LCMScheduler")]
    public void What_cannot_be_honoured_is_refused_by_its_key(string scheduler, string json, string code, string key)
    {
        var error = Assert.Throws<CheckpointException>(() => Create(json, scheduler));

        Assert.Equal(code, error.Code);
        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DDIM")]
    [InlineData("PNDM")]
    [InlineData("EulerDiscrete")]
    [InlineData("EulerAncestralDiscrete")]
    [InlineData("DPMSolverMultistep")]
    [InlineData("UniPCMultistep")]
    public void A_scheduler_ignores_the_settings_of_the_others(string scheduler)
    {
        string[] foreign =
        [
            scheduler is "DDIM" or "DPMSolverMultistep" or "UniPCMultistep" ? "" : "\"thresholding\": true",
            scheduler == "EulerDiscrete" ? "" : "\"interpolation_type\": \"log_linear\", \"timestep_type\": \"continuous\"",
            scheduler is "EulerDiscrete" or "DPMSolverMultistep" or "UniPCMultistep" ? "" : "\"use_exponential_sigmas\": true, \"use_beta_sigmas\": true, \"final_sigmas_type\": \"other\"",
            scheduler == "DPMSolverMultistep" ? "" : "\"use_lu_lambdas\": true, \"variance_type\": \"learned\", \"algorithm_type\": \"other\", \"lambda_min_clipped\": 99",
            scheduler is "DPMSolverMultistep" or "UniPCMultistep" ? "" : "\"use_flow_sigmas\": true, \"solver_type\": 1, \"solver_order\": 9",
            "\"original_inference_steps\": 50, \"timestep_scaling\": 10.0, \"predict_x0\": true, \"disable_corrector\": [0], \"tensor_format\": \"pt\", \"predict_epsilon\": true, \"_diffusers_version\": \"0.35.2\"",
        ];

        var created = Create($"{{ {string.Join(", ", foreign.Where(f => f.Length > 0))} }}", scheduler);

        created.SetTimesteps(10);
        Assert.Equal(scheduler + "Scheduler", created.GetType().Name);
    }

    [Theory]
    [InlineData("""{ "algorithm_type": "deis", "solver_type": "logrho" }""")]
    [InlineData("""{ "solver_type": "bh2" }""")]
    public void Names_of_deis_and_unipc_stand_for_the_defaults(string json)
    {
        var config = SchedulerConfig.From(ModelConfig.Parse(json, "scheduler_config.json"), "DPMSolverMultistepScheduler");

        Assert.Equal("dpmsolver++", config.AlgorithmType);
        Assert.IsType<DPMSolverMultistepScheduler>(SchedulerFactory.Create(config));
    }

    [Fact]
    public void Infinities_are_read_as_python_writes_them()
    {
        var config = ModelConfig.Parse("""{ "low": -Infinity, "high": Infinity, "text": "-Infinity and \"Infinity\"", "number": 1.5 }""", "place");

        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity, 1.5), (config.Number("low", 0), config.Number("high", 0), config.Number("number", 0)));
        Assert.Equal("-Infinity and \"Infinity\"", config.Text("text", ""));
        Assert.Equal("MG0220", Assert.Throws<CheckpointException>(() => ModelConfig.Parse("""{ "low": xInfinity }""", "place")).Code);
    }

    [Fact]
    public void Timesteps_below_a_clipped_ratio_of_signal_to_noise_are_left_out()
    {
        // λ = -log σ falls to -2.68 at the last timestep of this schedule, where σ is 14.6.
        var whole = Create("""{ "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "lambda_min_clipped": -2.7 }""", "DPMSolverMultistep");
        var clipped = Create("""{ "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "lambda_min_clipped": 0 }""", "DPMSolverMultistep");

        whole.SetTimesteps(10);
        clipped.SetTimesteps(10);

        Assert.Equal(999, whole.Timesteps[0]);
        var sigmas = ((DPMSolverMultistepScheduler)clipped).Sigmas;
        Assert.InRange(sigmas[0], 0.99, 1);
    }

    private static IScheduler Create(string json, string scheduler) => SchedulerFactory.Create(SchedulerConfig.From(ModelConfig.Parse(json, "scheduler_config.json"), scheduler + "Scheduler"));
}
