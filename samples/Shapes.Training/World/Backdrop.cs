using SkiaSharp;

namespace Shapes.Training.World;

/// <summary>What stands behind the object: a quiet ground, or a style, which leaves the object's outline and colour alone.</summary>
internal static class Backdrop
{
    private static readonly SKColor[] Grounds = [new(250, 250, 248), new(236, 238, 242), new(248, 240, 226), new(228, 240, 232), new(240, 232, 244), new(214, 218, 222)];

    public static void Draw(SKCanvas canvas, float side, Scene scene, CounterRandom random)
    {
        switch (scene.Style)
        {
            case "van gogh": Swirls(canvas, side, random); break;
            case "piet mondrian": Grid(canvas, side, random); break;
            case "hokusai": Waves(canvas, side, random); break;
            case "georges seurat": Dots(canvas, side, random); break;
            case "claude monet": Dabs(canvas, side, random); break;
            case "gustav klimt": Gold(canvas, side, random); break;
            default: canvas.Clear(random.Pick(Grounds)); break;
        }
    }

    /// <summary>The line around an object that keeps it apart from its ground.</summary>
    public static SKColor Outline(string? style) => style switch
    {
        "van gogh" => new SKColor(250, 240, 200),
        "piet mondrian" => new SKColor(15, 15, 15),
        "hokusai" => new SKColor(20, 36, 80),
        "gustav klimt" => new SKColor(70, 40, 10),
        _ => SKColors.White,
    };

    /// <summary>A light trace of the style on the object itself.</summary>
    public static void Texture(SKCanvas canvas, float side, string style, CounterRandom random)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = new SKColor(255, 255, 255, 70), Style = SKPaintStyle.Stroke, StrokeWidth = 3, StrokeCap = SKStrokeCap.Round };
        if (style is "piet mondrian" or "hokusai") return;
        if (style is "georges seurat" or "gustav klimt") paint.Style = SKPaintStyle.Fill;
        for (var i = 0; i < 26; i++)
        {
            float x = (float)random.Between(0, side), y = (float)random.Between(0, side);
            if (paint.Style == SKPaintStyle.Fill) canvas.DrawCircle(x, y, 2.5f, paint);
            else canvas.DrawLine(x, y, x + 11, y + (style == "van gogh" ? -5 : 0), paint);
        }
    }

    private static void Swirls(SKCanvas canvas, float side, CounterRandom random)
    {
        canvas.Clear(new SKColor(24, 44, 112));
        using var paint = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 5, StrokeCap = SKStrokeCap.Round };
        SKColor[] inks = [new(244, 208, 74), new(126, 176, 226), new(66, 110, 190)];
        for (var i = 0; i < 7; i++)
        {
            float x = side * (float)random.Between(0, 1), y = side * (float)random.Between(0, 1), turn = (float)random.Between(0, 360);
            for (var ring = 0; ring < 3; ring++)
            {
                var radius = 7 + (ring * 9);
                paint.Color = inks[ring];
                canvas.DrawArc(new SKRect(x - radius, y - radius, x + radius, y + radius), turn + (ring * 50), 250, false, paint);
            }
        }
    }

    private static void Grid(SKCanvas canvas, float side, CounterRandom random)
    {
        canvas.Clear(new SKColor(247, 246, 240));
        float left = side * (float)random.Between(0.12, 0.2), right = side * (float)random.Between(0.8, 0.88);
        float top = side * (float)random.Between(0.12, 0.2), bottom = side * (float)random.Between(0.8, 0.88);
        SKColor[] inks = [new(214, 32, 30), new(30, 66, 170), new(246, 206, 20)];
        SKRect[] corners = [new(0, 0, left, top), new(right, 0, side, top), new(0, bottom, left, side), new(right, bottom, side, side), new(0, top, left, bottom), new(left, bottom, right, side)];
        var shift = random.Below(3);
        using var fill = new SKPaint { IsAntialias = true };
        for (var i = 0; i < corners.Length; i++)
        {
            if (i == 4 && random.Chance(0.5)) continue;
            fill.Color = inks[(i + shift) % 3];
            canvas.DrawRect(corners[i], fill);
        }

        using var line = new SKPaint { Color = new SKColor(15, 15, 15), StrokeWidth = 6, IsAntialias = true };
        canvas.DrawLine(left, 0, left, side, line);
        canvas.DrawLine(right, 0, right, side, line);
        canvas.DrawLine(0, top, side, top, line);
        canvas.DrawLine(0, bottom, side, bottom, line);
    }

    private static void Waves(SKCanvas canvas, float side, CounterRandom random)
    {
        canvas.Clear(new SKColor(246, 232, 200));
        using var sea = new SKPaint { IsAntialias = true, Color = new SKColor(36, 74, 142) };
        using var foam = new SKPaint { IsAntialias = true, Color = new SKColor(252, 252, 250) };
        var phase = (float)random.Between(0, 30);
        for (var row = 0; row < 2; row++)
        {
            var y = side * (0.66f + (row * 0.17f));
            for (var x = -40 + phase - (row * 16); x < side + 30; x += 34)
            {
                canvas.DrawCircle(x + 17, y + 22, 22, sea);
                canvas.DrawCircle(x + 10, y + 4, 6, foam);
                canvas.DrawCircle(x + 18, y + 1, 5, foam);
                canvas.DrawCircle(x + 26, y + 5, 4, foam);
            }

            canvas.DrawRect(0, y + 18, side, side, sea);
        }
    }

    private static void Dots(SKCanvas canvas, float side, CounterRandom random)
    {
        canvas.Clear(new SKColor(240, 240, 232));
        SKColor[] inks = [new(232, 88, 70), new(70, 150, 84), new(72, 110, 206), new(244, 190, 60), new(150, 88, 180)];
        using var paint = new SKPaint { IsAntialias = true };
        const float Pitch = 12.8f;
        for (var y = Pitch / 2; y < side; y += Pitch)
        {
            for (var x = Pitch / 2; x < side; x += Pitch)
            {
                paint.Color = random.Pick(inks);
                canvas.DrawCircle(x + (float)random.Between(-1.5, 1.5), y + (float)random.Between(-1.5, 1.5), 4.4f, paint);
            }
        }
    }

    private static void Dabs(SKCanvas canvas, float side, CounterRandom random)
    {
        canvas.Clear(new SKColor(168, 208, 190));
        SKColor[] inks = [new(196, 178, 222), new(228, 196, 214), new(128, 188, 158), new(150, 196, 214)];
        using var paint = new SKPaint { IsAntialias = true };
        for (var i = 0; i < 46; i++)
        {
            paint.Color = random.Pick(inks);
            float x = side * (float)random.Between(-0.05, 1.05), y = side * (float)random.Between(0, 1);
            canvas.DrawOval(x, y, 14, 4.5f, paint);
        }
    }

    private static void Gold(SKCanvas canvas, float side, CounterRandom random)
    {
        canvas.Clear(new SKColor(206, 160, 48));
        using var line = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = 4, Color = new SKColor(122, 78, 20) };
        using var light = new SKPaint { IsAntialias = true, Color = new SKColor(248, 226, 140) };
        for (var i = 0; i < 9; i++)
        {
            float x = side * (float)random.Between(0, 1), y = side * (float)random.Between(0, 1);
            canvas.DrawCircle(x, y, 10, line);
            canvas.DrawCircle(x, y, 4, light);
        }

        for (var i = 0; i < 9; i++)
        {
            float x = side * (float)random.Between(0, 1), y = side * (float)random.Between(0, 1);
            canvas.DrawRect(x, y, 8, 8, light);
        }
    }
}
