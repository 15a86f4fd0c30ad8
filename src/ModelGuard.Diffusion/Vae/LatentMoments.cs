using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Vae;

/// <summary>The distribution of a picture's latents.</summary>
/// <param name="Mean">[n, latent channels, h, w].</param>
/// <param name="LogVariance">The same shape, clamped to −30…20.</param>
public sealed record LatentMoments(Tensor Mean, Tensor LogVariance);
