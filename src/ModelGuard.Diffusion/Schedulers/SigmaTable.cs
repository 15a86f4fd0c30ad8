using System.Collections.Immutable;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>σ = √((1 − ᾱ) / ᾱ) of every training timestep, ascending and in float32, as the reference keeps it, and the ways from a timestep to a σ and back.</summary>
internal sealed class SigmaTable
{
    // Karras et al. (2022), eq. 5.
    private const double Rho = 7;
    private readonly SchedulerConfig config;
    private readonly float[] sigmas;
    private readonly float[] logarithms;

    public SigmaTable(SchedulerConfig config)
    {
        this.config = config;
        var alphas = new NoiseSchedule(config, setAlphaToOne: true, config.RescaleBetasZeroSnr).AlphasCumprod.ToArray();
        // No signal at all would be an infinite σ; the reference takes float16's smallest number instead.
        if (config.RescaleBetasZeroSnr) alphas[^1] = 1f / (1 << 24);
        sigmas = [.. alphas.Select(a => MathF.Sqrt((1 - a) / a))];
        logarithms = [.. sigmas.Select(s => MathF.Log(s))];
    }

    /// <summary>σ of the first training timestep.</summary>
    public float First => sigmas[0];

    /// <summary>σ of the last training timestep.</summary>
    public float Last => sigmas[^1];

    /// <summary>Where a run ends.</summary>
    public float Final => config.FinalSigmasType == "sigma_min" ? First : 0;

    /// <summary>Number of training timesteps whose log signal-to-noise ratio λ = −log σ is not below the config's <c>lambda_min_clipped</c>.</summary>
    public int Unclipped => logarithms.Count(l => -l >= config.LambdaMinClipped);

    /// <summary>σ of a timestep, interpolated between whole ones and constant beyond the table.</summary>
    public double At(double timestep)
    {
        if (timestep <= 0) return First;
        if (timestep >= sigmas.Length - 1) return Last;
        var low = (int)timestep;
        return (((double)sigmas[low + 1] - sigmas[low]) * (timestep - low)) + sigmas[low];
    }

    /// <summary>The timestep of a σ, by interpolation of log σ; clamped to the table.</summary>
    public double ToTimestep(double sigma)
    {
        var logarithm = Math.Log(Math.Max(sigma, 1e-10));
        var low = Math.Clamp(Array.FindLastIndex(logarithms, l => logarithm >= l), 0, sigmas.Length - 2);
        var weight = Math.Clamp((logarithms[low] - logarithm) / (logarithms[low] - logarithms[low + 1]), 0, 1);
        return ((1 - weight) * low) + (weight * (low + 1));
    }

    /// <summary>σs evenly spaced in their seventh roots (Karras et al., 2022, eq. 5), between those of the config where it gives them; descending.</summary>
    public ImmutableArray<double> Karras(int steps, double max, double min)
    {
        var (first, last) = (Math.Pow(config.SigmaMax ?? max, 1 / Rho), Math.Pow(config.SigmaMin ?? min, 1 / Rho));
        return [.. TimestepGrids.Linspace(1, steps).Select(ramp => Math.Pow(first + (ramp * (last - first)), Rho))];
    }
}
