using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shapes.Training.Training;

/// <summary>
/// Bends, moves, blurs and roughens pictures a little, each in its own way (Simard et al., "Best Practices for Convolutional Neural Networks
/// Applied to Visual Document Analysis", 2003). A judge that only ever saw flawless drawings misreads generated ones.
/// </summary>
internal static class Distortions
{
    /// <summary>Pictures −1…1 [n, 3, h, w] → the same, distorted.</summary>
    public static Tensor Apply(Tensor pictures, Generator generator)
    {
        using var scope = NewDisposeScope();
        var bent = Bend(pictures, generator);
        var soft = bent + (Draw(0, 1) * (Blur(bent) - bent));
        var rough = soft + (Draw(0, 0.12) * randn(soft.shape, generator: generator));
        return ((rough * Draw(0.85, 1.1)) + Draw(-0.1, 0.1)).clamp(-1, 1).MoveToOuterDisposeScope();

        Tensor Draw(double low, double high) => Between(pictures.shape[0], low, high, generator).view(-1, 1, 1, 1);
    }

    /// <summary>A small rotation, scaling and shift, and a smooth random field of displacements.</summary>
    private static Tensor Bend(Tensor pictures, Generator generator)
    {
        var n = pictures.shape[0];
        var angle = Between(n, -0.2, 0.2, generator);
        Tensor wide = Between(n, 0.88, 1.12, generator), high = Between(n, 0.88, 1.12, generator);
        var (cos, sin) = (angle.cos(), angle.sin());
        var affine = stack([wide * cos, -high * sin, Between(n, -0.12, 0.12, generator), wide * sin, high * cos, Between(n, -0.12, 0.12, generator)], 1).view(n, 2, 3);
        var grid = functional.affine_grid(affine, pictures.shape, align_corners: false);
        var coarse = randn([n, 2, 6, 6], generator: generator) * Between(n, 0, 0.06, generator).view(-1, 1, 1, 1);
        var field = functional.interpolate(coarse, [pictures.shape[2], pictures.shape[3]], mode: InterpolationMode.Bicubic, align_corners: false);
        return functional.grid_sample(pictures, grid + field.permute(0, 2, 3, 1), padding_mode: GridSamplePaddingMode.Border, align_corners: false);
    }

    /// <summary>Every pixel and its neighbours, weighted 1 : 2 : 1 in both directions.</summary>
    private static Tensor Blur(Tensor pictures)
    {
        long h = pictures.shape[2], w = pictures.shape[3];
        var padded = functional.pad(pictures, [1, 1, 1, 1], PaddingModes.Replicate);
        var rows = (padded.narrow(2, 0, h) + (2 * padded.narrow(2, 1, h)) + padded.narrow(2, 2, h)) / 4;
        return (rows.narrow(3, 0, w) + (2 * rows.narrow(3, 1, w)) + rows.narrow(3, 2, w)) / 4;
    }

    private static Tensor Between(long n, double low, double high, Generator generator) => (rand([n], generator: generator) * (high - low)) + low;
}
