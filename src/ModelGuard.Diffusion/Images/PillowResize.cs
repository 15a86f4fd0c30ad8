namespace ModelGuard.Diffusion.Images;

/// <summary>
/// Bicubic resampling with antialiasing, to the byte as Pillow does it (<c>libImaging/Resample.c</c>): horizontal pass, rounding to bytes,
/// vertical pass, with coefficients in fixed point. Scores differ between resizers, so this one is pinned.
/// </summary>
public static class PillowResize
{
    private const int PrecisionBits = 32 - 8 - 2;
    private const double Support = 2.0;

    /// <summary>Resizes to the given sides.</summary>
    public static RgbImage Bicubic(RgbImage image, int width, int height)
    {
        var rows = image.Width == width ? image : Pass(image, Coefficients.Create(image.Width, width), horizontal: true);
        return rows.Height == height ? rows : Pass(rows, Coefficients.Create(rows.Height, height), horizontal: false);
    }

    private static RgbImage Pass(RgbImage image, Coefficients[] coefficients, bool horizontal)
    {
        int width = horizontal ? coefficients.Length : image.Width, height = horizontal ? image.Height : coefficients.Length;
        var stride = horizontal ? 3 : image.Width * 3;
        var source = image.Pixels;
        var target = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var c = coefficients[horizontal ? x : y];
                var start = horizontal ? ((y * image.Width) + c.First) * 3 : ((c.First * image.Width) + x) * 3;
                for (var channel = 0; channel < 3; channel++)
                {
                    var sum = 1 << (PrecisionBits - 1);
                    for (var k = 0; k < c.Weights.Length; k++) sum += source[start + (k * stride) + channel] * c.Weights[k];
                    target[(((y * width) + x) * 3) + channel] = (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);
                }
            }
        }

        return new RgbImage(width, height, target);
    }

    /// <summary>Which source pixels make a target pixel, and by how much.</summary>
    private sealed record Coefficients(int First, int[] Weights)
    {
        public static Coefficients[] Create(int from, int to)
        {
            var scale = (double)from / to;
            var filterScale = Math.Max(scale, 1);
            var support = Support * filterScale;
            return [.. Enumerable.Range(0, to).Select(i =>
            {
                var center = (i + 0.5) * scale;
                // Pillow truncates after adding a half, and so must we.
                var first = Math.Max((int)(center - support + 0.5), 0);
                var last = Math.Min((int)(center + support + 0.5), from);
                double[] weights = [.. Enumerable.Range(first, last - first).Select(x => Kernel((x - center + 0.5) / filterScale))];
                var sum = weights.Sum();
                return new Coefficients(first, [.. weights.Select(w => Fixed(w / sum))]);
            })];
        }

        private static int Fixed(double weight) => (int)((weight * (1 << PrecisionBits)) + (weight < 0 ? -0.5 : 0.5));

        // Keys' cubic with a = −0.5.
        private static double Kernel(double x)
        {
            const double A = -0.5;
            x = Math.Abs(x);
            return x switch
            {
                < 1 => ((((A + 2) * x) - (A + 3)) * x * x) + 1,
                < 2 => (((((x - 5) * x) + 8) * x) - 4) * A,
                _ => 0,
            };
        }
    }
}
