using System.Collections.Immutable;
using ModelGuard.Diffusion.Unet;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>The sides of a picture.</summary>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
public sealed record PixelSize(int Height, int Width);

/// <summary>Where a picture was cut out of a larger one.</summary>
/// <param name="Top">Pixels above it.</param>
/// <param name="Left">Pixels to its left.</param>
public sealed record PixelOffset(int Top, int Left);

/// <summary>SDXL's micro-conditioning (Podell et al., 2024, section 2.2): the network is told sizes, and draws as pictures of these sizes look.</summary>
internal static class PictureSizes
{
    // Sinusoids of larger numbers are far outside what any model was trained on.
    private const int Largest = 1 << 16;

    /// <summary>Original size, crop and target size [n, 6], each pair height or top first; null for a network that takes none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or is given to a network that takes none.</exception>
    public static Tensor? TimeIds(UNet2DConditionConfig network, GenerationSettings settings, PixelSize picture, int count, Device device)
    {
        RequireSizes(network, settings);
        if (network.AdditionEmbedding is null) return null;
        var (original, target) = (settings.OriginalSize ?? picture, settings.TargetSize ?? picture);
        ImmutableArray<float> sizes = [original.Height, original.Width, settings.Crop.Top, settings.Crop.Left, target.Height, target.Width];
        return tensor([.. sizes], device: device).unsqueeze(0).expand(count, -1);
    }

    /// <summary>Refuses sizes that mean nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">See <see cref="TimeIds"/>.</exception>
    public static void RequireSizes(UNet2DConditionConfig network, GenerationSettings settings)
    {
        Require(settings.OriginalSize, "original size");
        Require(settings.TargetSize, "target size");
        if (settings.Crop is { Top: < 0 or > Largest } or { Left: < 0 or > Largest })
        {
            throw new ArgumentOutOfRangeException(nameof(settings), settings.Crop, FormattableString.Invariant($"The crop must be from 0 to {Largest} pixels."));
        }

        if (network.AdditionEmbedding is null && (settings.OriginalSize is not null || settings.TargetSize is not null || settings.Crop is not { Top: 0, Left: 0 }))
        {
            throw new ArgumentOutOfRangeException(nameof(settings), "Original size, crop and target size are for Stable Diffusion XL; this checkpoint's UNet takes none.");
        }

        void Require(PixelSize? size, string name)
        {
            if (size is { Height: < 1 or > Largest } or { Width: < 1 or > Largest })
            {
                throw new ArgumentOutOfRangeException(nameof(settings), size, FormattableString.Invariant($"The {name} must be from 1 to {Largest} pixels."));
            }
        }
    }
}
