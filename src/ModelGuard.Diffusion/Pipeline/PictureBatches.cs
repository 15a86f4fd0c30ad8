using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Unet;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>How many pictures are computed together.</summary>
public static class PictureBatches
{
    // Latent pixels that one batch may hold: two pictures of 512 × 512, or thirty-two of 128 × 128.
    private const long LatentPixels = 8192;
    private const int Maximum = 32;

    /// <summary>For pictures of the size that a checkpoint was trained on; reads its configs and no weights.</summary>
    /// <exception cref="CheckpointException">MG0262 for a model whose pictures are not made here, MG0220 to MG0227 for a config.</exception>
    public static int Of(Checkpoint checkpoint)
    {
        checkpoint.RequireGeneration();
        var side = UNet2DConditionModel.ReadConfig(checkpoint.Component("unet")).SampleSize;
        return Of(side, side);
    }

    /// <summary>For latents of a size.</summary>
    internal static int Of(long height, long width) => (int)Math.Clamp(LatentPixels / (height * width), 1, Maximum);
}
