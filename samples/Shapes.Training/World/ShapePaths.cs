using SkiaSharp;

namespace Shapes.Training.World;

/// <summary>The outlines of the objects, with about equal areas.</summary>
internal static class ShapePaths
{
    /// <summary>An outline around (x, y) with half-width <paramref name="size"/>, turned by <paramref name="rotation"/> degrees.</summary>
    public static SKPath Create(string shape, float x, float y, float size, float rotation)
    {
        using var unit = Unit(shape);
        var path = new SKPath();
        unit.Transform(SKMatrix.CreateRotationDegrees(rotation).PostConcat(SKMatrix.CreateScale(size, size)).PostConcat(SKMatrix.CreateTranslation(x, y)), path);
        return path;
    }

    private static SKPath Unit(string shape)
    {
        if (shape == "moon") return Moon();
        using var path = new SKPathBuilder();
        switch (shape)
        {
            case "circle":
                path.AddCircle(0, 0, 0.95f);
                break;
            case "square":
                path.AddRect(new SKRect(-0.88f, -0.88f, 0.88f, 0.88f));
                break;
            case "triangle":
                path.AddPoly([new(0, -1.1f), new(1.1f, 0.85f), new(-1.1f, 0.85f)]);
                break;
            case "star":
                path.AddPoly([.. Enumerable.Range(0, 10).Select(i => Polar(i * 36 - 90, i % 2 == 0 ? 1.25f : 0.52f))]);
                break;
            case "heart":
                path.MoveTo(0, 1.1f);
                path.CubicTo(-1.75f, -0.1f, -1.05f, -1.45f, 0, -0.5f);
                path.CubicTo(1.05f, -1.45f, 1.75f, -0.1f, 0, 1.1f);
                path.Close();
                break;
            case "cross":
                path.AddRect(new SKRect(-0.36f, -1.1f, 0.36f, 1.1f));
                path.AddRect(new SKRect(-1.1f, -0.36f, 1.1f, 0.36f));
                break;
            case "ring":
                path.FillType = SKPathFillType.EvenOdd;
                path.AddCircle(0, 0, 1.1f);
                path.AddCircle(0, 0, 0.55f);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(shape), shape, "No such object in the world.");
        }

        return path.Detach();
    }

    private static SKPath Moon()
    {
        using var full = Circle(0, 0, 1.1f);
        using var bite = Circle(0.52f, -0.12f, 0.88f);
        return full.Op(bite, SKPathOp.Difference);
    }

    private static SKPath Circle(float x, float y, float radius)
    {
        using var path = new SKPathBuilder();
        path.AddCircle(x, y, radius);
        return path.Detach();
    }

    private static SKPoint Polar(float degrees, float radius)
    {
        var angle = degrees * MathF.PI / 180;
        return new SKPoint(radius * MathF.Cos(angle), radius * MathF.Sin(angle));
    }
}
