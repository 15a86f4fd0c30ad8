using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Standard normal noise of the shape, type and device of a tensor; the caller disposes it.</summary>
public delegate Tensor NoiseSource(Tensor like);

/// <summary>Turns predictions of the UNet into less noisy latents, one run at a time.</summary>
public interface IScheduler
{
    /// <summary>The timesteps of the run, in the order of the UNet's calls.</summary>
    ImmutableArray<double> Timesteps { get; }

    /// <summary>What initial noise is multiplied by.</summary>
    double InitNoiseSigma { get; }

    /// <summary>Begins a run of so many steps; nothing is left of the run before.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The model's training does not cover so many steps.</exception>
    void SetTimesteps(int steps);

    /// <summary>What the UNet is given for the latents at a timestep; the caller disposes it.</summary>
    Tensor ScaleModelInput(Tensor sample, double timestep);

    /// <summary>
    /// The forward process: clean latents and noise [n, ...] and one timestep for each of them → noisy latents [n, ...]. DDIM and PNDM take any
    /// training timestep (int64), the others those of the run.
    /// </summary>
    Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps);

    /// <summary>One step: prediction and latents of the same shape, at the run's next timestep → the next latents.</summary>
    /// <param name="modelOutput">The prediction.</param>
    /// <param name="timestep">The timestep that it was made for.</param>
    /// <param name="sample">The latents, before <see cref="ScaleModelInput"/>.</param>
    /// <param name="noise">Where methods that add noise get it; called at most once a step.</param>
    /// <exception cref="ArgumentNullException">The method adds noise and there is no source of it.</exception>
    Tensor Step(Tensor modelOutput, double timestep, Tensor sample, NoiseSource? noise = null);
}
