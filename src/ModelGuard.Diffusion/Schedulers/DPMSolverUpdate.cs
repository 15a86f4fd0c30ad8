namespace ModelGuard.Diffusion.Schedulers;

/// <summary>
/// The weights of a step of DPM-Solver, in float32 as the reference computes them: of the latents, of the newest prediction, of its first and
/// second derivative by λ (in units of the step), and of noise.
/// </summary>
internal sealed record DPMSolverUpdate(float Sample, float Output, float Slope, float Curvature, float Noise)
{
    /// <summary>The weights of a step from one level to the next.</summary>
    /// <param name="algorithm"><c>dpmsolver</c> (Lu et al., 2022, "DPM-Solver", eq. 3.7), <c>dpmsolver++</c> (Lu et al., 2022, "DPM-Solver++", eq. 8 and appendix) or <c>sde-dpmsolver++</c> (the same, section 5).</param>
    /// <param name="order">1 to 3.</param>
    /// <param name="isHeun">Whether the second order weighs its slope by the exact integral, instead of by the midpoint.</param>
    /// <param name="from">Where the step begins.</param>
    /// <param name="to">Where it ends.</param>
    public static DPMSolverUpdate Of(string algorithm, int order, bool isHeun, NoiseLevel from, NoiseLevel to)
    {
        var h = to.LogSnr - from.LogSnr;
        // Predictions of noise are integrated with e^λ, those of the picture with e^-λ, and with e^-2λ where noise is added.
        var (exponent, scale, sample) = algorithm switch
        {
            "dpmsolver" => (h, -to.Noise, to.Signal / from.Signal),
            "sde-dpmsolver++" => (-2 * h, -to.Signal, to.Noise / from.Noise * MathF.Exp(-h)),
            _ => (-h, -to.Signal, to.Noise / from.Noise),
        };
        var growth = MathF.Exp(exponent) - 1;
        var noise = algorithm == "sde-dpmsolver++" ? to.Noise * MathF.Sqrt(1 - MathF.Exp(-2 * h)) : 0;
        var update = new DPMSolverUpdate(sample, scale * growth, 0, 0, noise);
        if (order == 1) return update;
        var slope = order == 2 && !isHeun ? 0.5f * (scale * growth) : scale * ((growth / exponent) - 1);
        return update with { Slope = slope, Curvature = scale * (((growth - exponent) / (exponent * exponent)) - 0.5f) };
    }
}
