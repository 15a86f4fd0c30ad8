namespace ModelGuard.Diffusion.Images;

/// <summary>
/// The structural similarity index of two pictures (SSIM; Wang, Bovik, Sheikh, Simoncelli, 2004), as its authors compute it: on luma, with a
/// Gaussian window of 11 × 11 pixels and a standard deviation of 1.5, K₁ = 0.01, K₂ = 0.03, L = 255, averaged over the windows that lie wholly in
/// the picture. A picture with a shorter side than the window gets the largest odd one that fits.
/// </summary>
public static class StructuralSimilarity
{
    private const int Window = 11;
    private const double Sigma = 1.5;
    private const double C1 = 0.01 * 255 * 0.01 * 255;
    private const double C2 = 0.03 * 255 * 0.03 * 255;

    /// <summary>The index, from −1 to 1; exactly 1 for equal pictures.</summary>
    /// <exception cref="ArgumentException">The pictures differ in size.</exception>
    public static double Of(RgbImage first, RgbImage second)
    {
        if (first.Width != second.Width || first.Height != second.Height)
        {
            throw new ArgumentException(FormattableString.Invariant($"Pictures of {first.Width} × {first.Height} and {second.Width} × {second.Height} pixels cannot be compared; both need one size."), nameof(second));
        }

        var kernel = Kernel(Math.Min(Window, (Math.Min(first.Width, first.Height) - 1) / 2 * 2 + 1));
        double[] x = Luma(first), y = Luma(second);
        double[] meanX = Mean(x), meanY = Mean(y), squareX = Mean(Times(x, x)), squareY = Mean(Times(y, y)), product = Mean(Times(x, y));
        var sum = 0.0;
        for (var i = 0; i < meanX.Length; i++)
        {
            var (both, squares) = (meanX[i] * meanY[i], (meanX[i] * meanX[i]) + (meanY[i] * meanY[i]));
            var (covariance, variances) = (product[i] - both, squareX[i] + squareY[i] - squares);
            sum += ((2 * both) + C1) * ((2 * covariance) + C2) / ((squares + C1) * (variances + C2));
        }

        return sum / meanX.Length;

        double[] Mean(double[] values) => Filter(values, first.Width, first.Height, kernel);
    }

    /// <summary>Luma of ITU-R BT.601, not rounded.</summary>
    private static double[] Luma(RgbImage image)
    {
        var luma = new double[image.Width * image.Height];
        for (var i = 0; i < luma.Length; i++) luma[i] = (0.299 * image.Pixels[3 * i]) + (0.587 * image.Pixels[(3 * i) + 1]) + (0.114 * image.Pixels[(3 * i) + 2]);
        return luma;
    }

    private static double[] Kernel(int size)
    {
        double[] weights = [.. Enumerable.Range(0, size).Select(i => Math.Exp(-Math.Pow(i - (size / 2), 2) / (2 * Sigma * Sigma)))];
        var sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }

    private static double[] Times(double[] first, double[] second) => [.. first.Zip(second, (a, b) => a * b)];

    /// <summary>Weighted means over all whole windows: rows first, then columns, which is the same because the window is separable.</summary>
    private static double[] Filter(double[] values, int width, int height, double[] kernel)
    {
        var (across, down) = (width - kernel.Length + 1, height - kernel.Length + 1);
        var rows = new double[across * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < across; x++)
            {
                for (var k = 0; k < kernel.Length; k++) rows[(y * across) + x] += kernel[k] * values[(y * width) + x + k];
            }
        }

        var result = new double[across * down];
        for (var y = 0; y < down; y++)
        {
            for (var x = 0; x < across; x++)
            {
                for (var k = 0; k < kernel.Length; k++) result[(y * across) + x] += kernel[k] * rows[((y + k) * across) + x];
            }
        }

        return result;
    }
}
