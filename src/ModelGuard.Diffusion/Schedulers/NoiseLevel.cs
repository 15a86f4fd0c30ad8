namespace ModelGuard.Diffusion.Schedulers;

/// <summary>A σ in variance-preserving terms, in float32 as the reference computes it.</summary>
internal sealed record NoiseLevel
{
    /// <summary>The level of σ = noise / signal.</summary>
    public NoiseLevel(float ratio)
    {
        Signal = 1 / MathF.Sqrt((ratio * ratio) + 1);
        Noise = ratio * Signal;
        LogSnr = MathF.Log(Signal) - MathF.Log(Noise);
    }

    /// <summary>α, the share of the picture.</summary>
    public float Signal { get; }

    /// <summary>σ, the share of noise; α² + σ² = 1.</summary>
    public float Noise { get; }

    /// <summary>λ = log(α / σ); infinite without noise.</summary>
    public float LogSnr { get; }
}
