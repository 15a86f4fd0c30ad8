using SkiaSharp;

namespace ModelGuard.Reports.HeatMaps;

/// <summary>A sheet that becomes PNG, at twice its size.</summary>
internal sealed class PngSheet : ISheet, IDisposable
{
    private const int Scale = 2;
    private readonly SKSurface surface;
    private readonly SKPaint paint = new() { IsAntialias = true };

    public PngSheet(double width, double height)
    {
        surface = SKSurface.Create(new SKImageInfo((int)Math.Ceiling(width * Scale), (int)Math.Ceiling(height * Scale), SKColorType.Rgba8888, SKAlphaType.Opaque));
        surface.Canvas.Scale(Scale);
        surface.Canvas.Clear(SKColors.White);
    }

    public void Fill(double x, double y, double width, double height, Paint color)
    {
        paint.Color = ToColor(color);
        surface.Canvas.DrawRect((float)x, (float)y, (float)width, (float)height, paint);
    }

    public void Text(string text, Lettering lettering, Paint? color = null)
    {
        if (SystemFont.Find(lettering.IsBold) is not { } typeface) return;
        using var font = new SKFont(typeface, (float)lettering.Size);
        paint.Color = ToColor(color ?? Paint.Black);
        var align = lettering.Align switch { Align.Start => SKTextAlign.Left, Align.Middle => SKTextAlign.Center, _ => SKTextAlign.Right };
        surface.Canvas.DrawText(text, (float)lettering.X, (float)lettering.Y, align, font, paint);
    }

    public byte[] ToBytes()
    {
        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public void Dispose()
    {
        paint.Dispose();
        surface.Dispose();
    }

    private static SKColor ToColor(Paint color) => new(color.Red, color.Green, color.Blue);
}
