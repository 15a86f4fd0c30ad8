using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>What the multistep methods in λ = log(α / σ) share: variance-preserving latents, their timesteps, and the predictions that they look back on.</summary>
public abstract class MultistepScheduler : SigmaScheduler, IDisposable
{
    private readonly int unclipped;

    private protected MultistepScheduler(SchedulerConfig config)
        : base(config)
    {
        unclipped = Table.Unclipped;
        if (unclipped < 2)
        {
            throw new CheckpointException("MG0224", FormattableString.Invariant($"'{config.Place}' sets 'lambda_min_clipped' to {config.LambdaMinClipped}; it leaves {unclipped} of {config.NumTrainTimesteps} timesteps to sample from."), config.Place);
        }

        Outputs = new ModelOutputs(config.SolverOrder);
    }

    /// <inheritdoc />
    public override double InitNoiseSigma => 1;

    private protected ModelOutputs Outputs { get; }

    /// <inheritdoc />
    public override Tensor ScaleModelInput(Tensor sample, double timestep) => sample.alias();

    /// <inheritdoc />
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the run holds.</summary>
    protected virtual void Dispose(bool disposing) => Outputs.Dispose();

    private protected override void Reset() => Dispose(true);

    private protected override (ImmutableArray<double> Timesteps, ImmutableArray<double> Sigmas) Schedule(int steps)
    {
        var train = Config.NumTrainTimesteps;
        if (Config.UseKarrasSigmas)
        {
            SchedulerFactory.RequireSteps(steps, train);
            var sigmas = Table.Karras(steps, Table.Last, Table.First);
            return ([.. sigmas.Select(s => TimestepGrids.Round(Table.ToTimestep(s)))], sigmas);
        }

        // Two of the grids have one point more than steps: the one that the last step ends at.
        SchedulerFactory.RequireSteps(steps, Spacing == "trailing" ? unclipped : unclipped - 1);
        if (Spacing == "leading") SchedulerFactory.RequireTrained(steps, steps * (unclipped / (steps + 1)), Config);
        double[] timesteps = [.. (Spacing switch
        {
            "trailing" => TimestepGrids.Trailing(unclipped, train, steps),
            "leading" => TimestepGrids.Leading(unclipped / (steps + 1), steps + 1, Config.StepsOffset).Reverse().SkipLast(1),
            _ => TimestepGrids.Linspace(unclipped - 1, steps + 1).Select(TimestepGrids.Round).Reverse().SkipLast(1),
        })];
        return ([.. timesteps], [.. timesteps.Select(Table.At)]);
    }

    private protected override Tensor Noised(Tensor clean, Tensor noise, Tensor sigmas)
    {
        var signal = 1 / ((sigmas * sigmas) + 1).sqrt();
        return (signal * clean) + (sigmas * signal * noise);
    }

    /// <summary>The picture that the prediction stands for.</summary>
    private protected Tensor Original(Tensor modelOutput, Tensor sample, NoiseLevel level) => Config.PredictionType switch
    {
        "v_prediction" => (level.Signal * sample) - (level.Noise * modelOutput),
        "sample" => modelOutput.clone(),
        _ => (sample - (level.Noise * modelOutput)) / level.Signal,
    };

    /// <summary>The noise that the prediction stands for.</summary>
    private protected Tensor Epsilon(Tensor modelOutput, Tensor sample, NoiseLevel level) => Config.PredictionType switch
    {
        "v_prediction" => (level.Signal * modelOutput) + (level.Noise * sample),
        "sample" => (sample - (level.Signal * modelOutput)) / level.Noise,
        _ => modelOutput.clone(),
    };
}
