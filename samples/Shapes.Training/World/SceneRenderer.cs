using SkiaSharp;

namespace Shapes.Training.World;

/// <summary>Draws a scene at twice the size, antialiased, and averages it down to 64×64.</summary>
internal sealed class SceneRenderer : IDisposable
{
    /// <summary>Side of a picture in pixels.</summary>
    public const int Side = 64;

    private const int Scale = 2;
    private const float Canvas = Side * Scale;
    private readonly SKBitmap bitmap = new(Side * Scale, Side * Scale, SKColorType.Rgba8888, SKAlphaType.Opaque);
    private readonly SKCanvas canvas;

    public SceneRenderer() => canvas = new SKCanvas(bitmap);

    /// <summary>Red, green and blue of each pixel, row by row (64 × 64 × 3 bytes).</summary>
    public byte[] Render(Scene scene)
    {
        var random = new CounterRandom(scene.Detail, 1);
        Backdrop.Draw(canvas, Canvas, scene, random);
        using var shape = ShapePaths.Create(scene.Shape, (float)(scene.X * Canvas), (float)(scene.Y * Canvas), (float)(scene.Size * Canvas), (float)scene.Rotation);
        if (scene.Entity is not null) Props.DrawMedallion(canvas, Canvas, scene);
        if (scene.Action is not null) Props.DrawBehind(canvas, Canvas, scene, random);
        DrawObject(scene, shape, random);
        if (scene.Action is not null) Props.DrawBefore(canvas, Canvas, scene);
        canvas.Flush();
        return Reduce();
    }

    public void Dispose()
    {
        canvas.Dispose();
        bitmap.Dispose();
    }

    private void DrawObject(Scene scene, SKPath shape, CounterRandom random)
    {
        var color = Jitter(Catalog.Colors[scene.Color], random);
        using var outline = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 7, StrokeJoin = SKStrokeJoin.Round, Color = Backdrop.Outline(scene.Style) };
        if (scene.Style is not null) canvas.DrawPath(shape, outline);
        using var fill = new SKPaint { IsAntialias = true, Color = color };
        canvas.DrawPath(shape, fill);
        if (scene.Style is null) return;
        canvas.Save();
        canvas.ClipPath(shape, SKClipOperation.Intersect, antialias: true);
        Backdrop.Texture(canvas, Canvas, scene.Style, random);
        canvas.Restore();
    }

    private static SKColor Jitter(SKColor color, CounterRandom random)
    {
        return new SKColor(Move(color.Red), Move(color.Green), Move(color.Blue));

        byte Move(byte value) => (byte)Math.Clamp(value + random.Between(-14, 14), 0, 255);
    }

    private byte[] Reduce()
    {
        var source = bitmap.GetPixelSpan();
        var result = new byte[Side * Side * 3];
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                for (var c = 0; c < 3; c++)
                {
                    var upper = ((y * Scale * Side * Scale) + (x * Scale)) * 4;
                    var lower = upper + (Side * Scale * 4);
                    result[(((y * Side) + x) * 3) + c] = (byte)((source[upper + c] + source[upper + 4 + c] + source[lower + c] + source[lower + 4 + c] + 2) / 4);
                }
            }
        }

        return result;
    }
}
