using ModelGuard.Checkpoints;
using SkiaSharp;

namespace ModelGuard.Diffusion.Images;

/// <summary>A picture: red, green and blue of each pixel, row by row.</summary>
public sealed class RgbImage
{
    private const long MaximumPixels = 64L << 20;
    private readonly byte[] pixels;

    /// <summary>Takes over the bytes [height × width × 3].</summary>
    /// <exception cref="ArgumentException">The length does not match.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        if (width <= 0 || height <= 0 || pixels.LongLength != 3L * width * height)
        {
            throw new ArgumentException(FormattableString.Invariant($"A picture of {width} × {height} pixels has {3L * width * height} bytes, not {pixels.LongLength}."), nameof(pixels));
        }

        Width = width;
        Height = height;
        this.pixels = pixels;
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Height × width × 3 bytes.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>Decodes a PNG, JPEG or WebP file. Transparency is dropped, not blended, as PIL's <c>convert("RGB")</c> does.</summary>
    /// <exception cref="CheckpointException">MG0250 for a file that is missing, damaged or too large.</exception>
    public static RgbImage Load(string path)
    {
        if (!File.Exists(path)) throw new CheckpointException("MG0250", $"The picture '{path}' does not exist.", path);
#pragma warning disable CA1508 // SkiaSharp does return null for files it cannot read; its annotation is silent.
        using var codec = SKCodec.Create(path) ?? throw new CheckpointException("MG0250", $"'{path}' is no picture that can be read (PNG, JPEG or WebP).", path);
#pragma warning restore CA1508
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        if ((long)info.Width * info.Height > MaximumPixels) throw new CheckpointException("MG0250", FormattableString.Invariant($"'{path}' has {info.Width} × {info.Height} pixels, more than the {MaximumPixels} that are accepted."), path);
        var rgba = new byte[info.BytesSize];
        var handle = System.Runtime.InteropServices.GCHandle.Alloc(rgba, System.Runtime.InteropServices.GCHandleType.Pinned);
        try
        {
            var result = codec.GetPixels(info, handle.AddrOfPinnedObject());
            if (result != SKCodecResult.Success) throw new CheckpointException("MG0250", $"'{path}' is damaged: decoding ended with '{result}'.", path);
        }
        finally
        {
            handle.Free();
        }

        var rgb = new byte[info.Width * info.Height * 3];
        for (int source = 0, target = 0; target < rgb.Length; source += 4, target += 3) rgba.AsSpan(source, 3).CopyTo(rgb.AsSpan(target));
        return new RgbImage(info.Width, info.Height, rgb);
    }

    /// <summary>The picture as a PNG file; equal pictures give equal bytes.</summary>
    public byte[] ToPng()
    {
        using var bitmap = ToBitmap();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>The picture as a WebP file, with losses; equal pictures give equal bytes.</summary>
    /// <param name="quality">From 0, the smallest file, to 100.</param>
    public byte[] ToWebp(int quality)
    {
        using var bitmap = ToBitmap();
        using var data = bitmap.Encode(SKEncodedImageFormat.Webp, quality);
        return data.ToArray();
    }

    private SKBitmap ToBitmap()
    {
        var bitmap = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var rgba = bitmap.GetPixelSpan();
        for (int source = 0, target = 0; source < pixels.Length; source += 3, target += 4)
        {
            pixels.AsSpan(source, 3).CopyTo(rgba[target..]);
            rgba[target + 3] = 255;
        }

        return bitmap;
    }
}
