using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>ᾱ of every training timestep, computed in float32 by the operations of the reference, and the whole timesteps of a run.</summary>
internal sealed class NoiseSchedule
{
    private readonly SchedulerConfig config;
    private readonly float[] alphasCumprod;
    private readonly float finalAlpha;

    public NoiseSchedule(SchedulerConfig config, bool setAlphaToOne, bool rescale)
    {
        this.config = config;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var betas = Betas(config);
        alphasCumprod = (1 - (rescale ? RescaleToZeroSnr(betas) : betas)).cumprod(0).data<float>().ToArray();
        finalAlpha = setAlphaToOne ? 1 : alphasCumprod[0];
    }

    /// <summary>ᾱ of every training timestep.</summary>
    public ReadOnlySpan<float> AlphasCumprod => alphasCumprod;

    /// <summary>ᾱ of a timestep; the final one below 0.</summary>
    public float Alpha(int timestep) => timestep < 0 ? finalAlpha : alphasCumprod[timestep];

    /// <summary>√ᾱ · clean + √(1 − ᾱ) · noise, with one timestep (int64) for each item of the batch.</summary>
    public Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        long[] shape = [-1, .. Enumerable.Repeat(1L, clean.shape.Length - 1)];
        var alphas = tensor(alphasCumprod).to(clean.dtype).to(clean.device).index_select(0, timesteps.to(clean.device)).view(shape);
        return ((alphas.sqrt() * clean) + ((1 - alphas).sqrt() * noise)).MoveToOuterDisposeScope();
    }

    /// <summary>Whole timesteps of a run, descending.</summary>
    public ImmutableArray<int> Timesteps(int steps)
    {
        var train = config.NumTrainTimesteps;
        return [.. (config.TimestepSpacing switch
        {
            "linspace" => TimestepGrids.Linspace(train - 1, steps).Reverse(),
            "trailing" => TimestepGrids.Trailing(train, train, steps),
            _ => TimestepGrids.Leading(train / steps, steps, config.StepsOffset).Reverse(),
        }).Select(t => (int)TimestepGrids.Round(t))];
    }

    private static Tensor Betas(SchedulerConfig config)
    {
        if (!config.TrainedBetas.IsEmpty) return tensor([.. config.TrainedBetas.Select(b => (float)b)], dtype: ScalarType.Float32);
        return config.BetaSchedule == "scaled_linear"
            ? linspace(Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd), config.NumTrainTimesteps, dtype: ScalarType.Float32).square()
            : linspace(config.BetaStart, config.BetaEnd, config.NumTrainTimesteps, dtype: ScalarType.Float32);
    }

    /// <summary>Shifts √ᾱ so that the last is 0 and the first stays; back to βs, as the reference keeps them.</summary>
    private static Tensor RescaleToZeroSnr(Tensor betas)
    {
        var roots = (1 - betas).cumprod(0).sqrt();
        var (first, last) = (roots[0], roots[-1]);
        var cumulative = ((roots - last) * (first / (first - last))).square();
        return 1 - cat([cumulative.narrow(0, 0, 1), cumulative.narrow(0, 1, cumulative.shape[0] - 1) / cumulative.narrow(0, 0, cumulative.shape[0] - 1)]);
    }
}
