using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>What the schedulers that count in σ share: the run's timesteps and σs, and the place in them.</summary>
public abstract class SigmaScheduler : IScheduler
{
    private int calls;

    private protected SigmaScheduler(SchedulerConfig config)
    {
        Config = config;
        Table = new SigmaTable(config);
    }

    /// <inheritdoc />
    public ImmutableArray<double> Timesteps { get; private set; } = [];

    /// <summary>σ of each timestep, and the one that the last step ends at.</summary>
    public ImmutableArray<float> Sigmas { get; private set; } = [];

    /// <inheritdoc />
    public abstract double InitNoiseSigma { get; }

    private protected SchedulerConfig Config { get; }

    private protected SigmaTable Table { get; }

    private protected string Spacing => Config.TimestepSpacing ?? "linspace";

    /// <inheritdoc />
    public void SetTimesteps(int steps)
    {
        var (timesteps, sigmas) = Schedule(steps);
        Reset();
        calls = 0;
        Timesteps = timesteps;
        Sigmas = [.. sigmas.Append(End(sigmas)).Select(s => (float)s)];
    }

    /// <inheritdoc />
    public abstract Tensor ScaleModelInput(Tensor sample, double timestep);

    /// <inheritdoc />
    public Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        using var asked = timesteps.to(ScalarType.Float64).cpu();
        var sigmas = asked.data<double>().ToArray().Select(t => Timesteps.IndexOf(t) is var place and >= 0
            ? Sigmas[place]
            : throw new ArgumentException(FormattableString.Invariant($"{t} is no timestep of this run."), nameof(timesteps)));
        long[] shape = [-1, .. Enumerable.Repeat(1L, clean.shape.Length - 1)];
        return Noised(clean, noise, tensor([.. sigmas]).to(clean.dtype).to(clean.device).view(shape)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public Tensor Step(Tensor modelOutput, double timestep, Tensor sample, NoiseSource? noise = null)
    {
        using var scope = NewDisposeScope();
        var result = Step(modelOutput, sample, Place(timestep), noise).MoveToOuterDisposeScope();
        calls++;
        return result;
    }

    /// <summary>Timesteps and σs of a run, after a check of the number of steps.</summary>
    private protected abstract (ImmutableArray<double> Timesteps, ImmutableArray<double> Sigmas) Schedule(int steps);

    /// <summary>The σ that the run ends at.</summary>
    private protected virtual double End(IReadOnlyList<double> sigmas) => Table.Final;

    /// <summary>Forgets the run before.</summary>
    private protected abstract void Reset();

    private protected abstract Tensor Noised(Tensor clean, Tensor noise, Tensor sigmas);

    private protected abstract Tensor Step(Tensor modelOutput, Tensor sample, int place, NoiseSource? noise);

    /// <summary>Where in the run the next call is. Timesteps do not tell: rounded, two of them can be alike.</summary>
    private protected int Place(double timestep) => calls < Timesteps.Length && Timesteps[calls] == timestep
        ? calls
        : throw new InvalidOperationException(FormattableString.Invariant($"The timesteps of a run come in their order; {timestep} is not the next one."));
}
