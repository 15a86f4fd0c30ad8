using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>DDIM (Song et al., 2021, eq. 12; diffusers' <c>scheduling_ddim.py</c>), deterministic (η = 0).</summary>
public sealed class DDIMScheduler : IScheduler
{
    private readonly SchedulerConfig config;
    private readonly NoiseSchedule schedule;
    private int stride;

    /// <summary>Creates the scheduler.</summary>
    public DDIMScheduler(SchedulerConfig config)
    {
        this.config = config;
        schedule = new NoiseSchedule(config, config.SetAlphaToOne ?? true, config.RescaleBetasZeroSnr);
    }

    /// <inheritdoc />
    public ImmutableArray<int> Timesteps { get; private set; } = [];

    /// <inheritdoc />
    public double InitNoiseSigma => 1;

    /// <inheritdoc />
    public void SetTimesteps(int steps)
    {
        SchedulerFactory.RequireSteps(steps, config);
        Timesteps = schedule.Timesteps(steps);
        stride = config.NumTrainTimesteps / steps;
    }

    /// <inheritdoc />
    public Tensor ScaleModelInput(Tensor sample, int timestep) => sample.alias();

    /// <inheritdoc />
    public Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps) => schedule.AddNoise(clean, noise, timesteps);

    /// <inheritdoc />
    public Tensor Step(Tensor modelOutput, int timestep, Tensor sample)
    {
        using var scope = NewDisposeScope();
        // Coefficients are float32, as the reference's are.
        float alpha = schedule.Alpha(timestep), previous = schedule.Alpha(timestep - stride);
        float signal = MathF.Sqrt(alpha), noise = MathF.Sqrt(1 - alpha);
        var original = config.PredictionType switch
        {
            "v_prediction" => (signal * sample) - (noise * modelOutput),
            "sample" => modelOutput,
            _ => (sample - (noise * modelOutput)) / signal,
        };
        var epsilon = config.PredictionType switch
        {
            "v_prediction" => (signal * modelOutput) + (noise * sample),
            "sample" => (sample - (signal * original)) / noise,
            _ => modelOutput,
        };
        // The direction keeps the unclipped prediction, as the reference does unless asked otherwise.
        if (config.ClipSample ?? true) original = original.clamp(-config.ClipSampleRange, config.ClipSampleRange);
        return ((MathF.Sqrt(previous) * original) + (MathF.Sqrt(1 - previous) * epsilon)).MoveToOuterDisposeScope();
    }
}
