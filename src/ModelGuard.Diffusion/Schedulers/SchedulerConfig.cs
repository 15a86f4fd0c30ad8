using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>What a <c>scheduler_config.json</c> says, with diffusers' defaults. A scheduler ignores the settings of others, as <c>from_config</c> does.</summary>
public sealed record SchedulerConfig
{
    /// <summary>The class that takes the settings.</summary>
    public string ClassName { get; init; } = "PNDMScheduler";

    /// <summary>Number of training timesteps.</summary>
    public int NumTrainTimesteps { get; init; } = 1000;

    /// <summary>First β.</summary>
    public double BetaStart { get; init; } = 0.0001;

    /// <summary>Last β.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary><c>linear</c> or <c>scaled_linear</c>.</summary>
    public string BetaSchedule { get; init; } = "linear";

    /// <summary>βs given one by one; empty when they follow the schedule.</summary>
    public ImmutableArray<double> TrainedBetas { get; init; } = [];

    /// <summary><c>epsilon</c>, <c>v_prediction</c> or <c>sample</c>.</summary>
    public string PredictionType { get; init; } = "epsilon";

    /// <summary><c>leading</c>, <c>trailing</c> or <c>linspace</c>. Null: the class's own default, leading for DDIM and PNDM and linspace for the others.</summary>
    public string? TimestepSpacing { get; init; }

    /// <summary>Added to every timestep with leading spacing.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Whether the step before the first has ᾱ = 1; else it has that of timestep 0. Null: the class's own default.</summary>
    public bool? SetAlphaToOne { get; init; }

    /// <summary>Whether DDIM clamps the predicted picture. Null: the class's own default.</summary>
    public bool? ClipSample { get; init; }

    /// <summary>To what it is clamped.</summary>
    public double ClipSampleRange { get; init; } = 1;

    /// <summary>Whether βs are rescaled so that the last timestep has no signal (Lin et al., 2024).</summary>
    public bool RescaleBetasZeroSnr { get; init; }

    /// <summary>Whether PNDM leaves out its Runge-Kutta steps.</summary>
    public bool SkipPrkSteps { get; init; }

    /// <summary>Whether σs are spaced as Karras et al. (2022) do.</summary>
    public bool UseKarrasSigmas { get; init; }

    /// <summary>The smallest of Karras' σs. Null: that of the timesteps.</summary>
    public double? SigmaMin { get; init; }

    /// <summary>The largest of Karras' σs. Null: that of the timesteps.</summary>
    public double? SigmaMax { get; init; }

    /// <summary>Where a run ends: <c>zero</c>, or <c>sigma_min</c>, the first timestep's σ.</summary>
    public string FinalSigmasType { get; init; } = "zero";

    /// <summary><c>dpmsolver++</c>, <c>dpmsolver</c> or <c>sde-dpmsolver++</c>.</summary>
    public string AlgorithmType { get; init; } = "dpmsolver++";

    /// <summary>How many predictions a multistep method looks at, 1 to 3.</summary>
    public int SolverOrder { get; init; } = 2;

    /// <summary>DPM-Solver's <c>midpoint</c> or <c>heun</c>, UniPC's <c>bh1</c> or <c>bh2</c>; another one's name stands for the default.</summary>
    public string SolverType { get; init; } = "midpoint";

    /// <summary>Whether the last steps are of lower order; DPM-Solver's only in a short run.</summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Whether DPM-Solver's last step is of first order.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary>Timesteps with a λ below it are not sampled from by DPM-Solver.</summary>
    public double LambdaMinClipped { get; init; } = double.NegativeInfinity;

    /// <summary>Whether UniPC looks back on predicted pictures, instead of noise.</summary>
    public bool PredictX0 { get; init; } = true;

    /// <summary>Steps whose results UniPC does not correct.</summary>
    public ImmutableArray<long> DisableCorrector { get; init; } = [];

    /// <summary>Where the config was read, for messages.</summary>
    public string Place { get; init; } = "scheduler config";

    /// <summary>Reads and checks the settings.</summary>
    /// <param name="config">The <c>scheduler_config.json</c>.</param>
    /// <param name="className">The class that is to take them; null for the one that the file names.</param>
    /// <exception cref="CheckpointException">MG0220 to MG0226 for what cannot be honoured.</exception>
    public static SchedulerConfig From(ModelConfig config, string? className = null)
    {
        className ??= config.Text("_class_name", "PNDMScheduler");
        SchedulerKeys.RefuseUnsupported(config, className);
        var train = config.Between("num_train_timesteps", config.Integer("num_train_timesteps", 1000), 1, ConfigChecks.Largest);
        var isDPMSolver = className == "DPMSolverMultistepScheduler";
        var isMultistep = isDPMSolver || className == "UniPCMultistepScheduler";
        var result = new SchedulerConfig
        {
            ClassName = className,
            NumTrainTimesteps = (int)train,
            BetaStart = config.Above("beta_start", config.Number("beta_start", 0.0001), 0, 1),
            BetaEnd = config.Above("beta_end", config.Number("beta_end", 0.02), 0, 1),
            BetaSchedule = config.Text("beta_schedule", "linear"),
            TrainedBetas = Betas(config, train),
            PredictionType = config.Text("prediction_type", "epsilon"),
            TimestepSpacing = config.Has("timestep_spacing") ? config.Text("timestep_spacing", "") : null,
            StepsOffset = (int)config.Between("steps_offset", config.Integer("steps_offset", 0), 0, train - 1),
            SetAlphaToOne = config.Has("set_alpha_to_one") ? config.Flag("set_alpha_to_one", true) : null,
            ClipSample = config.Has("clip_sample") ? config.Flag("clip_sample", true) : null,
            ClipSampleRange = config.Above("clip_sample_range", config.Number("clip_sample_range", 1), 0, double.MaxValue),
            RescaleBetasZeroSnr = config.Flag("rescale_betas_zero_snr", false),
            SkipPrkSteps = config.Flag("skip_prk_steps", false),
            UseKarrasSigmas = config.Flag("use_karras_sigmas", false),
            SigmaMin = Sigma(config, "sigma_min"),
            SigmaMax = Sigma(config, "sigma_max"),
            FinalSigmasType = config.Text("final_sigmas_type", "zero"),
            AlgorithmType = isDPMSolver ? SchedulerKeys.Algorithm(config) : "dpmsolver++",
            SolverOrder = isMultistep ? (int)config.Between("solver_order", config.Integer("solver_order", 2), 1, 3) : 2,
            SolverType = isMultistep ? config.Text("solver_type", "midpoint") : "midpoint",
            LowerOrderFinal = config.Flag("lower_order_final", true),
            EulerAtFinal = config.Flag("euler_at_final", false),
            LambdaMinClipped = config.Number("lambda_min_clipped", double.NegativeInfinity),
            PredictX0 = config.Flag("predict_x0", true),
            DisableCorrector = config.Integers("disable_corrector", []),
            Place = config.Place,
        };
        SchedulerKeys.Complete(config);
        return result;
    }

    /// <summary>Refuses a network that predicts the picture itself, for a method that has no formula for it.</summary>
    /// <exception cref="CheckpointException">MG0222.</exception>
    internal void RequireNoiseOrVelocity(string method)
    {
        if (PredictionType == "sample")
        {
            throw new CheckpointException("MG0222", $"'{Place}' sets 'prediction_type' to \"sample\", which {method} cannot use (supported: \"epsilon\", \"v_prediction\"). Choose the scheduler ddim.", Place);
        }
    }

    private static ImmutableArray<double> Betas(ModelConfig config, long train)
    {
        var betas = config.Numbers("trained_betas", []);
        if (!betas.IsEmpty && betas.Length != train)
        {
            throw new CheckpointException("MG0226", FormattableString.Invariant($"'{config.Place}' lists {betas.Length} 'trained_betas' for {train} 'num_train_timesteps'; they must be as many."), config.Place);
        }

        foreach (var beta in betas) config.Above("trained_betas", beta, 0, 1);
        return betas;
    }

    private static double? Sigma(ModelConfig config, string key) => config.Has(key) ? config.Above(key, config.Number(key, 0), 0, double.MaxValue) : null;
}
