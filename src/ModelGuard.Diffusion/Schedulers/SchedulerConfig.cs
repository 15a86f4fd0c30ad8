using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>What a <c>scheduler_config.json</c> says, with diffusers' defaults. Keys of another scheduler are ignored, as <c>from_config</c> does.</summary>
public sealed record SchedulerConfig
{
    /// <summary>The class that the folder names.</summary>
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

    /// <summary><c>leading</c>, <c>trailing</c> or <c>linspace</c>.</summary>
    public string TimestepSpacing { get; init; } = "leading";

    /// <summary>Added to every timestep with leading spacing.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Whether the step before the first has ᾱ = 1; else it has that of timestep 0. Null: the class's own default.</summary>
    public bool? SetAlphaToOne { get; init; }

    /// <summary>Whether the predicted picture is clamped. Null: the class's own default.</summary>
    public bool? ClipSample { get; init; }

    /// <summary>To what it is clamped.</summary>
    public double ClipSampleRange { get; init; } = 1;

    /// <summary>Whether βs are rescaled so that the last timestep has no signal (Lin et al., 2024).</summary>
    public bool RescaleBetasZeroSnr { get; init; }

    /// <summary>Whether PNDM leaves out its Runge-Kutta steps.</summary>
    public bool SkipPrkSteps { get; init; }

    /// <summary>Where the config was read, for messages.</summary>
    public string Place { get; init; } = "scheduler config";

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0226 for what cannot be honoured.</exception>
    public static SchedulerConfig From(ModelConfig config)
    {
        config.Only("beta_schedule", "\"linear\"", "\"scaled_linear\"").Only("prediction_type", "\"epsilon\"", "\"v_prediction\"", "\"sample\"")
            .Only("timestep_spacing", "\"leading\"", "\"trailing\"", "\"linspace\"").Only("thresholding", "false");
        var train = config.Between("num_train_timesteps", config.Integer("num_train_timesteps", 1000), 1, ConfigChecks.Largest);
        var betas = config.Numbers("trained_betas", []);
        if (!betas.IsEmpty && betas.Length != train)
        {
            throw new CheckpointException("MG0226", FormattableString.Invariant($"'{config.Place}' lists {betas.Length} 'trained_betas' for {train} 'num_train_timesteps'; they must be as many."), config.Place);
        }

        foreach (var beta in betas) config.Above("trained_betas", beta, 0, 1);
        return new SchedulerConfig
        {
            ClassName = config.Text("_class_name", "PNDMScheduler"),
            NumTrainTimesteps = (int)train,
            BetaStart = config.Above("beta_start", config.Number("beta_start", 0.0001), 0, 1),
            BetaEnd = config.Above("beta_end", config.Number("beta_end", 0.02), 0, 1),
            BetaSchedule = config.Text("beta_schedule", "linear"),
            TrainedBetas = betas,
            PredictionType = config.Text("prediction_type", "epsilon"),
            TimestepSpacing = config.Text("timestep_spacing", "leading"),
            StepsOffset = (int)config.Between("steps_offset", config.Integer("steps_offset", 0), 0, train - 1),
            SetAlphaToOne = config.Has("set_alpha_to_one") ? config.Flag("set_alpha_to_one", true) : null,
            ClipSample = config.Has("clip_sample") ? config.Flag("clip_sample", true) : null,
            ClipSampleRange = config.Above("clip_sample_range", config.Number("clip_sample_range", 1), 0, double.MaxValue),
            RescaleBetasZeroSnr = config.Flag("rescale_betas_zero_snr", false),
            SkipPrkSteps = config.Flag("skip_prk_steps", false),
            Place = config.Place,
        };
    }
}
