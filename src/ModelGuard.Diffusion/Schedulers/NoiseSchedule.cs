using System.Collections.Immutable;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>ᾱ of every training timestep, computed in float32 as the reference does, and the timesteps of a run.</summary>
internal sealed class NoiseSchedule
{
    private readonly SchedulerConfig config;
    private readonly float[] alphasCumprod;
    private readonly double finalAlpha;

    public NoiseSchedule(SchedulerConfig config, bool setAlphaToOne, bool rescale)
    {
        this.config = config;
        alphasCumprod = Cumulative(Betas(config));
        if (rescale) RescaleToZeroSnr(alphasCumprod);
        finalAlpha = setAlphaToOne ? 1 : alphasCumprod[0];
    }

    /// <summary>ᾱ of a timestep; the final one below 0.</summary>
    public double Alpha(int timestep) => timestep < 0 ? finalAlpha : alphasCumprod[timestep];

    /// <summary>Timesteps of a run, descending (Lin et al., 2024, table 2).</summary>
    public ImmutableArray<int> Timesteps(int steps)
    {
        var train = config.NumTrainTimesteps;
        return config.TimestepSpacing switch
        {
            "linspace" => [.. Enumerable.Range(0, steps).Select(i => (int)Math.Round(steps == 1 ? 0 : (double)(train - 1) * i / (steps - 1), MidpointRounding.ToEven)).Reverse()],
            "trailing" => [.. Enumerable.Range(0, steps).Select(i => (int)Math.Round(train - (i * (double)train / steps), MidpointRounding.ToEven) - 1)],
            _ => [.. Enumerable.Range(0, steps).Select(i => (i * (train / steps)) + config.StepsOffset).Reverse()],
        };
    }

    private static float[] Betas(SchedulerConfig config)
    {
        if (!config.TrainedBetas.IsEmpty) return [.. config.TrainedBetas.Select(b => (float)b)];
        var isScaled = config.BetaSchedule == "scaled_linear";
        var (start, end) = isScaled ? ((float)Math.Sqrt(config.BetaStart), (float)Math.Sqrt(config.BetaEnd)) : ((float)config.BetaStart, (float)config.BetaEnd);
        var count = config.NumTrainTimesteps;
        var step = (end - start) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            // torch.linspace counts from both ends, which decides the last bit.
            var value = i < count / 2 ? start + (step * i) : end - (step * (count - 1 - i));
            return isScaled ? value * value : value;
        })];
    }

    private static float[] Cumulative(float[] betas)
    {
        var product = 1.0f;
        return [.. betas.Select(b => product *= 1 - b)];
    }

    /// <summary>Shifts √ᾱ so that the last is 0 and the first stays.</summary>
    private static void RescaleToZeroSnr(float[] alphas)
    {
        var roots = alphas.Select(a => MathF.Sqrt(a)).ToArray();
        float first = roots[0], last = roots[^1];
        for (var i = 0; i < alphas.Length; i++)
        {
            var root = (roots[i] - last) * (first / (first - last));
            alphas[i] = root * root;
        }
    }
}
