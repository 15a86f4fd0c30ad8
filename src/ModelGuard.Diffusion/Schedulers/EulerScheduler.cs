using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>What both Euler methods share: latents are the picture plus σ times noise (variance exploding), and the UNet gets them scaled.</summary>
public abstract class EulerScheduler : SigmaScheduler
{
    private protected EulerScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    /// <inheritdoc />
    public override double InitNoiseSigma
    {
        get
        {
            var max = Sigmas.IsEmpty ? Table.Last : Sigmas.Max();
            return Spacing == "leading" ? MathF.Sqrt((max * max) + 1) : max;
        }
    }

    /// <summary>Whether the run's σs follow Karras et al. where the config asks for it.</summary>
    private protected abstract bool KnowsKarras { get; }

    /// <inheritdoc />
    public override Tensor ScaleModelInput(Tensor sample, double timestep)
    {
        var sigma = Sigmas[Place(timestep)];
        return sample / MathF.Sqrt((sigma * sigma) + 1);
    }

    private protected override (ImmutableArray<double> Timesteps, ImmutableArray<double> Sigmas) Schedule(int steps)
    {
        SchedulerFactory.RequireSteps(steps, Config, Spacing);
        var train = Config.NumTrainTimesteps;
        double[] timesteps = [.. (Spacing switch
        {
            // Not rounded, as opposed to the other schedulers, but in float32.
            "linspace" => TimestepGrids.Linspace(train - 1, steps).Select(t => (double)(float)t).Reverse(),
            "trailing" => TimestepGrids.Trailing(train, train, steps),
            _ => TimestepGrids.Leading(train / steps, steps, Config.StepsOffset).Reverse(),
        })];
        if (!KnowsKarras || !Config.UseKarrasSigmas) return ([.. timesteps], [.. timesteps.Select(Table.At)]);
        var sigmas = Table.Karras(steps, Table.At(timesteps[0]), Table.At(timesteps[^1]));
        return ([.. sigmas.Select(s => (double)(float)Table.ToTimestep(s))], sigmas);
    }

    private protected override void Reset()
    {
    }

    private protected override Tensor Noised(Tensor clean, Tensor noise, Tensor sigmas) => clean + (sigmas * noise);

    /// <summary>The direction of the probability flow, dx/dσ.</summary>
    private protected Tensor Derivative(Tensor modelOutput, Tensor sample, float sigma)
    {
        // Coefficients are float32, as the reference's are.
        var square = (sigma * sigma) + 1;
        var original = Config.PredictionType switch
        {
            "v_prediction" => (modelOutput * (-sigma / MathF.Sqrt(square))) + (sample / square),
            "sample" => modelOutput,
            _ => sample - (sigma * modelOutput),
        };
        return (sample - original) / sigma;
    }
}
