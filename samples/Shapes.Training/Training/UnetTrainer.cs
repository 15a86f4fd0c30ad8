using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>
/// Noise prediction in latent space (Ho et al., 2020, with Stable Diffusion's scaled-linear betas). Timesteps are drawn in strata, which
/// lowers the variance of the loss, and weighted by min(SNR, 5) ÷ SNR (Hang et al., "Efficient Diffusion Training via Min-SNR Weighting
/// Strategy", ICCV 2023): steps with little noise would dominate, and they teach nothing about what is in a picture. One caption in ten is
/// empty, for classifier-free guidance.
/// </summary>
internal sealed class UnetTrainer(PictureSet pictures, Tensor latents, CaptionCodec codec, CLIPTextModel textEncoder, TrainingLoop loop)
{
    private const int Batch = 32;
    private const int Timesteps = 1000;
    private const double EmptyCaptions = 0.1;
    private const double LargestSignalToNoise = 5;
    private readonly Tensor alphas = AlphasCumulative();

    public void Train(UNet2DConditionModel unet, TrainingPlan plan, CancellationToken cancellation) =>
        loop.Run(plan, unet, generator => Loss(unet, generator), cancellation);

    private Tensor Loss(UNet2DConditionModel unet, Generator generator)
    {
        using var scope = NewDisposeScope();
        var draw = pictures.Draw(Batch, generator, EmptyCaptions);
        Tensor context;
        using (no_grad()) context = textEncoder.call(codec.Encode(draw.Captions).Ids).LastHiddenState;
        var x = latents.index_select(0, draw.Indices);
        var noise = randn(x.shape, generator: generator);
        var strata = (arange(Batch, dtype: float32) + rand([Batch], generator: generator)) / Batch;
        var t = (strata * Timesteps).to(int64).clamp(0, Timesteps - 1);
        var alpha = alphas.index_select(0, t).view(-1, 1, 1, 1);
        var noisy = (alpha.sqrt() * x) + ((1 - alpha).sqrt() * noise);
        var ratio = (alpha / (1 - alpha)).flatten();
        var error = (unet.call(noisy, t, context) - noise).square().mean(new long[] { 1, 2, 3 });
        return (error * ratio.clamp_max(LargestSignalToNoise) / ratio).mean().MoveToOuterDisposeScope();
    }

    private static Tensor AlphasCumulative() =>
        (1 - linspace(Math.Sqrt(0.00085), Math.Sqrt(0.012), Timesteps, dtype: float64).square()).cumprod(0).to(float32).DetachFromDisposeScope();
}
