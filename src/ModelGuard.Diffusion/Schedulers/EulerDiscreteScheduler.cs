using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Euler's method (Karras et al., 2022, algorithm 2 without churn and correction; diffusers' <c>scheduling_euler_discrete.py</c>).</summary>
public sealed class EulerDiscreteScheduler : EulerScheduler
{
    /// <summary>Creates the scheduler.</summary>
    public EulerDiscreteScheduler(SchedulerConfig config)
        : base(config)
    {
    }

    private protected override bool KnowsKarras => true;

    private protected override Tensor Step(Tensor modelOutput, Tensor sample, int place, NoiseSource? noise)
    {
        var sigma = Sigmas[place];
        return sample + (Derivative(modelOutput, sample, sigma) * (Sigmas[place + 1] - sigma));
    }
}
