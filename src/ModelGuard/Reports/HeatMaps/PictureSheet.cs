using System.Collections.Immutable;
using ModelGuard.Diffusion.Images;
using ModelGuard.Tracing;
using SkiaSharp;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>Pictures side by side: a column for each kind of run, a row for each seed.</summary>
public static class PictureSheet
{
    private const int Smallest = 128, Gap = 8, Header = 28;

    /// <summary>The sheet as a PNG file. Small pictures are enlarged by whole factors, so that every pixel stays one.</summary>
    public static byte[] ToPng(ImmutableArray<RunPictures> columns)
    {
        var (width, height) = (columns[0].Images[0].Width, columns[0].Images[0].Height);
        var scale = Math.Max(1, (Smallest + width - 1) / width);
        var (cellWidth, cellHeight) = ((width * scale) + Gap, (height * scale) + Gap);
        using var surface = SKSurface.Create(new SKImageInfo((columns.Length * cellWidth) + Gap, Header + (columns[0].Images.Length * cellHeight), SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Clear(SKColors.White);
        using var font = SystemFont.Find(bold: true) is { } typeface ? new SKFont(typeface, 14) : null;
        using var paint = new SKPaint { IsAntialias = true };
        for (var c = 0; c < columns.Length; c++)
        {
            var left = Gap + (c * cellWidth);
            if (font is not null) surface.Canvas.DrawText(columns[c].Label, left, 20, SKTextAlign.Left, font, paint);
            for (var r = 0; r < columns[c].Images.Length; r++)
            {
                using var image = ToImage(columns[c].Images[r]);
                surface.Canvas.DrawImage(image, new SKRect(left, Header + (r * cellHeight), left + (width * scale), Header + (r * cellHeight) + (height * scale)), new SKSamplingOptions(SKFilterMode.Nearest));
            }
        }

        using var snapshot = surface.Snapshot();
        using var data = snapshot.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static SKImage ToImage(RgbImage picture)
    {
        var rgba = new byte[picture.Width * picture.Height * 4];
        for (int source = 0, target = 0; source < picture.Pixels.Length; source += 3, target += 4)
        {
            picture.Pixels.Slice(source, 3).CopyTo(rgba.AsSpan(target));
            rgba[target + 3] = 255;
        }

        using var data = SKData.CreateCopy(rgba);
        return SKImage.FromPixels(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque), data, picture.Width * 4);
    }
}
