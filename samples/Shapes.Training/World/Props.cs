using SkiaSharp;

namespace Shapes.Training.World;

/// <summary>What shows an action or marks an entity.</summary>
internal static class Props
{
    private static readonly SKColor Ink = new(58, 58, 66);

    /// <summary>The same frame for every entity: only the object inside tells who it is.</summary>
    public static void DrawMedallion(SKCanvas canvas, float side, Scene scene)
    {
        float x = (float)scene.X * side, y = (float)scene.Y * side, radius = side * 0.4f;
        using var disc = new SKPaint { IsAntialias = true, Color = new SKColor(252, 250, 240) };
        using var rim = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 7, Color = new SKColor(150, 120, 60) };
        canvas.DrawCircle(x, y, radius, disc);
        canvas.DrawCircle(x, y, radius, rim);
    }

    public static void DrawBehind(SKCanvas canvas, float side, Scene scene, CounterRandom random)
    {
        float x = (float)scene.X * side, y = (float)scene.Y * side, size = (float)scene.Size * side;
        using var line = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 6, StrokeCap = SKStrokeCap.Round, Color = Ink };
        using var fill = new SKPaint { IsAntialias = true, Color = Ink };
        switch (scene.Action)
        {
            case "jumping":
                canvas.DrawLine(0, side * 0.92f, side, side * 0.92f, line);
                canvas.DrawOval(x, side * 0.86f, size * 0.8f, 4, fill);
                for (var i = -1; i <= 1; i++) canvas.DrawLine(x + (i * size * 0.6f), y + (size * 1.45f), x + (i * size * 0.6f), y + (size * 1.45f) + 13, line);
                break;
            case "running":
                canvas.DrawLine(x - (size * 0.3f), y + (size * 0.7f), x - (size * 0.95f), y + (size * 1.75f), line);
                canvas.DrawLine(x + (size * 0.3f), y + (size * 0.7f), x + (size * 0.95f), y + (size * 1.65f), line);
                canvas.DrawLine(x + (size * 0.95f), y + (size * 1.65f), x + (size * 1.35f), y + (size * 1.5f), line);
                for (var i = -1; i <= 1; i++)
                {
                    var start = x - (size * 1.45f);
                    canvas.DrawLine(start, y + (i * size * 0.62f), start - (float)random.Between(16, 22), y + (i * size * 0.62f), line);
                }

                break;
            case "flying":
                DrawWing(canvas, x, y, size, -1);
                DrawWing(canvas, x, y, size, 1);
                break;
        }
    }

    public static void DrawBefore(SKCanvas canvas, float side, Scene scene)
    {
        if (scene.Action != "sleeping") return;
        using var line = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 6, StrokeCap = SKStrokeCap.Round, StrokeJoin = SKStrokeJoin.Round, Color = Ink };
        DrawZ(canvas, line, side * 0.66f, side * 0.3f, side * 0.16f);
        DrawZ(canvas, line, side * 0.84f, side * 0.1f, side * 0.11f);
        canvas.DrawLine(0, side * 0.95f, side, side * 0.95f, line);
    }

    private static void DrawZ(SKCanvas canvas, SKPaint line, float x, float y, float size)
    {
        using var builder = new SKPathBuilder();
        builder.AddPoly([new(x, y), new(x + size, y), new(x, y + size), new(x + size, y + size)], close: false);
        using var path = builder.Detach();
        canvas.DrawPath(path, line);
    }

    private static void DrawWing(SKCanvas canvas, float x, float y, float size, int direction)
    {
        using var outline = new SKPathBuilder();
        float near = x + (direction * size * 0.7f), far = x + (direction * size * 2.35f);
        outline.MoveTo(near, y + (size * 0.3f));
        outline.CubicTo(near, y - (size * 1.2f), far, y - (size * 1.7f), far, y - (size * 0.9f));
        outline.CubicTo(far, y - (size * 0.1f), x + (direction * size * 1.6f), y + (size * 0.6f), near, y + (size * 0.3f));
        outline.Close();
        using var wing = outline.Detach();
        using var fill = new SKPaint { IsAntialias = true, Color = new SKColor(176, 198, 216) };
        using var line = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 5, StrokeJoin = SKStrokeJoin.Round, Color = Ink };
        canvas.DrawPath(wing, fill);
        canvas.DrawPath(wing, line);
    }
}
