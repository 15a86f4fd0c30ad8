using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>DDIM (Song et al., 2021, eq. 12; diffusers' <c>scheduling_ddim.py</c>).</summary>
public sealed class DDIMScheduler : IScheduler
{
    private readonly SchedulerConfig config;
    private readonly NoiseSchedule schedule;
    private readonly double eta;
    private int stride;

    /// <summary>Creates the scheduler.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="eta">η, the share of DDPM's noise that each step adds: 0 is deterministic, 1 is DDPM.</param>
    /// <exception cref="ArgumentOutOfRangeException">η is not from 0 to 1.</exception>
    public DDIMScheduler(SchedulerConfig config, double eta = 0)
    {
        if (eta is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(eta), eta, "Eta must be from 0 (no noise is added) to 1.");
        this.config = config;
        this.eta = eta;
        schedule = new NoiseSchedule(config, config.SetAlphaToOne ?? true, config.RescaleBetasZeroSnr);
    }

    /// <inheritdoc />
    public ImmutableArray<double> Timesteps { get; private set; } = [];

    /// <inheritdoc />
    public double InitNoiseSigma => 1;

    /// <inheritdoc />
    public void SetTimesteps(int steps)
    {
        SchedulerFactory.RequireSteps(steps, config, config.TimestepSpacing ?? "leading");
        Timesteps = [.. schedule.Timesteps(steps)];
        stride = config.NumTrainTimesteps / steps;
    }

    /// <inheritdoc />
    public Tensor ScaleModelInput(Tensor sample, double timestep) => sample.alias();

    /// <inheritdoc />
    public Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps) => schedule.AddNoise(clean, noise, timesteps);

    /// <inheritdoc />
    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, NoiseSource? noise = null)
    {
        using var scope = NewDisposeScope();
        // Coefficients are float32, as the reference's are.
        float alpha = schedule.Alpha((int)timestep), previous = schedule.Alpha((int)timestep - stride);
        float signal = MathF.Sqrt(alpha), spread = MathF.Sqrt(1 - alpha);
        var original = config.PredictionType switch
        {
            "v_prediction" => (signal * sample) - (spread * modelOutput),
            "sample" => modelOutput,
            _ => (sample - (spread * modelOutput)) / signal,
        };
        var epsilon = config.PredictionType switch
        {
            "v_prediction" => (signal * modelOutput) + (spread * sample),
            "sample" => (sample - (signal * original)) / spread,
            _ => modelOutput,
        };
        // The direction keeps the unclipped prediction, as the reference does unless asked otherwise.
        if (config.ClipSample ?? true) original = original.clamp(-config.ClipSampleRange, config.ClipSampleRange);
        var deviation = eta == 0 ? 0 : (float)eta * MathF.Sqrt((1 - previous) / (1 - alpha) * (1 - (alpha / previous)));
        // Rounding can leave less than nothing of the direction when η is 1.
        var direction = MathF.Sqrt(MathF.Max(0, 1 - previous - (deviation * deviation)));
        var result = (MathF.Sqrt(previous) * original) + (direction * epsilon);
        if (eta > 0)
        {
            ArgumentNullException.ThrowIfNull(noise);
            result += deviation * noise(modelOutput);
        }

        return result.MoveToOuterDisposeScope();
    }
}
