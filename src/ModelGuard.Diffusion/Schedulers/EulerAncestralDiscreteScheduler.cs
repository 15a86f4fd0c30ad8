using ModelGuard.Checkpoints;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Schedulers;

/// <summary>Ancestral sampling with Euler steps (Song et al., 2021, "Score-based generative modeling", appendix F; diffusers' <c>scheduling_euler_ancestral_discrete.py</c>): each step goes below its σ and adds noise up to it.</summary>
public sealed class EulerAncestralDiscreteScheduler : EulerScheduler
{
    /// <summary>Creates the scheduler.</summary>
    /// <exception cref="CheckpointException">MG0222 for a network that predicts the picture itself, which the reference has no formula for.</exception>
    public EulerAncestralDiscreteScheduler(SchedulerConfig config)
        : base(config with { FinalSigmasType = "zero" }) => config.RequireNoiseOrVelocity("Euler ancestral");

    // The reference does not read the key for this method.
    private protected override bool KnowsKarras => false;

    private protected override Tensor Step(Tensor modelOutput, Tensor sample, int place, NoiseSource? noise)
    {
        ArgumentNullException.ThrowIfNull(noise);
        float from = Sigmas[place], to = Sigmas[place + 1];
        var up = MathF.Sqrt(to * to * ((from * from) - (to * to)) / (from * from));
        var down = MathF.Sqrt((to * to) - (up * up));
        return sample + (Derivative(modelOutput, sample, from) * (down - from)) + (noise(modelOutput) * up);
    }
}
