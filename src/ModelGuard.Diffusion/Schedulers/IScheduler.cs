using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Turns predictions of the UNet into less noisy latents, one run at a time.</summary>
public interface IScheduler
{
    /// <summary>The timesteps of the run, in the order of the UNet's calls.</summary>
    ImmutableArray<int> Timesteps { get; }

    /// <summary>What initial noise is multiplied by.</summary>
    double InitNoiseSigma { get; }

    /// <summary>Begins a run of so many steps.</summary>
    void SetTimesteps(int steps);

    /// <summary>What the UNet is given for the latents at a timestep; the caller disposes it.</summary>
    Tensor ScaleModelInput(Tensor sample, int timestep);

    /// <summary>Training's forward process: clean latents and noise [n, ...] and one timestep (int64) for each of them → noisy latents [n, ...].</summary>
    Tensor AddNoise(Tensor clean, Tensor noise, Tensor timesteps);

    /// <summary>One step: prediction and latents of the same shape, at one of the run's timesteps → the next latents.</summary>
    Tensor Step(Tensor modelOutput, int timestep, Tensor sample);
}
