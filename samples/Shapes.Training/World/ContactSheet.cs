using SkiaSharp;

namespace Shapes.Training.World;

/// <summary>A grid of pictures to look at.</summary>
internal static class ContactSheet
{
    /// <summary>Writes rows of 64×64 pictures (RGB bytes), enlarged by <paramref name="zoom"/>.</summary>
    public static void Write(string path, IReadOnlyList<IReadOnlyList<byte[]>> rows, int zoom = 2)
    {
        const int Gap = 4;
        var cell = (SceneRenderer.Side * zoom) + Gap;
        using var sheet = new SKBitmap((rows.Max(r => r.Count) * cell) + Gap, (rows.Count * cell) + Gap, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < rows[row].Count; column++)
            {
                using var picture = ToBitmap(rows[row][column]);
                canvas.DrawBitmap(picture, new SKRect(Gap + (column * cell), Gap + (row * cell), ((column + 1) * cell), (row + 1) * cell), SKSamplingOptions.Default);
            }
        }

        using var data = sheet.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }

    private static SKBitmap ToBitmap(byte[] rgb)
    {
        var bitmap = new SKBitmap(SceneRenderer.Side, SceneRenderer.Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        bitmap.Pixels = [.. Enumerable.Range(0, SceneRenderer.Side * SceneRenderer.Side).Select(i => new SKColor(rgb[i * 3], rgb[(i * 3) + 1], rgb[(i * 3) + 2]))];
        return bitmap;
    }
}
