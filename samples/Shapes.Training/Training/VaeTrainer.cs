using ModelGuard.Diffusion.Vae;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>Reconstruction (squared plus absolute error) with a very small Kullback-Leibler term, as latent diffusion trains its first stage, without the adversary.</summary>
internal sealed class VaeTrainer(PictureSet pictures, TrainingLoop loop)
{
    private const int Batch = 16;
    private const double AbsoluteWeight = 0.2;
    private const double DivergenceWeight = 2e-6;

    public void Train(AutoencoderKL vae, TrainingPlan plan, CancellationToken cancellation) =>
        loop.Run(plan, vae, generator => Loss(vae, generator), cancellation);

    /// <summary>1 ÷ the standard deviation of the latents of the first pictures: the config's <c>scaling_factor</c>.</summary>
    public double ScalingFactor(AutoencoderKL vae)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var latents = Enumerable.Range(0, 16).Select(i => vae.Encode(pictures.Pixels(i * 32, 32)).Mean).ToArray();
        return 1 / cat(latents).std().item<float>();
    }

    private Tensor Loss(AutoencoderKL vae, Generator generator)
    {
        using var scope = NewDisposeScope();
        var x = pictures.Pixels(pictures.Draw(Batch, generator));
        var moments = vae.Encode(x);
        var deviation = (moments.LogVariance * 0.5).exp();
        var z = moments.Mean + (deviation * randn(moments.Mean.shape, generator: generator));
        var error = vae.Decode(z) - x;
        var divergence = 0.5 * (moments.Mean.square() + moments.LogVariance.exp() - 1 - moments.LogVariance).sum(new long[] { 1, 2, 3 }).mean();
        return (error.square().mean() + (AbsoluteWeight * error.abs().mean()) + (DivergenceWeight * divergence)).MoveToOuterDisposeScope();
    }
}
