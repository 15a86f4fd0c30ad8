using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Enlarges by nearest neighbour, then convolves.</summary>
public sealed class Upsample2D : Module<Tensor, long[], Tensor>
{
    private readonly Conv2d conv;

    /// <summary>Creates the block.</summary>
    public Upsample2D(long channels)
        : base(nameof(Upsample2D))
    {
        conv = new Conv2d(channels, channels, 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>[n, c, h, w] and the new sides (those of the skip connection, where they are odd) → [n, c, h', w'].</summary>
    public override Tensor forward(Tensor input, long[] size)
    {
        using var scope = NewDisposeScope();
        return conv.call(functional.interpolate(input, size: size, mode: InterpolationMode.Nearest)).MoveToOuterDisposeScope();
    }
}
