using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Halves the sides by a strided convolution.</summary>
public sealed class Downsample2D : Module<Tensor, Tensor>
{
    private readonly Conv2d conv;
    private readonly bool padsBehind;

    /// <summary>Creates the block; <paramref name="padsBehind"/> is the VAE's way: one row below and one column to the right.</summary>
    public Downsample2D(long channels, bool padsBehind)
        : base(nameof(Downsample2D))
    {
        conv = new Conv2d(channels, channels, 3, stride: 2, padding: padsBehind ? 0 : 1);
        this.padsBehind = padsBehind;
        RegisterComponents();
    }

    /// <summary>[n, c, h, w] → [n, c, ⌈h/2⌉, ⌈w/2⌉] (rounded down with <c>padsBehind</c>).</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return conv.call(padsBehind ? functional.pad(input, [0, 1, 0, 1]) : input).MoveToOuterDisposeScope();
    }
}
