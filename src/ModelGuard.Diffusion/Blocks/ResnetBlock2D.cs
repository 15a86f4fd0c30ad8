using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Two normalised convolutions with a residual and, in a UNet, the time embedding added between them (diffusers' <c>resnet.py</c>).</summary>
public sealed class ResnetBlock2D : Module<Tensor, Tensor?, Tensor>
{
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Linear? time_emb_proj;
    private readonly GroupNorm norm2;
    private readonly Conv2d conv2;
    private readonly Conv2d? conv_shortcut;

    /// <summary>Creates the block; <paramref name="timeChannels"/> is null in a VAE.</summary>
    public ResnetBlock2D(long inChannels, long outChannels, long? timeChannels, long groups, double eps)
        : base(nameof(ResnetBlock2D))
    {
        norm1 = new GroupNorm(groups, inChannels, eps);
        conv1 = new Conv2d(inChannels, outChannels, 3, padding: 1);
        time_emb_proj = timeChannels is { } t ? new Linear(t, outChannels) : null;
        norm2 = new GroupNorm(groups, outChannels, eps);
        conv2 = new Conv2d(outChannels, outChannels, 3, padding: 1);
        conv_shortcut = inChannels == outChannels ? null : new Conv2d(inChannels, outChannels, 1);
        RegisterComponents();
    }

    /// <summary>[n, in, h, w] and time embedding [n, time] or null → [n, out, h, w].</summary>
    public override Tensor forward(Tensor input, Tensor? time)
    {
        using var scope = NewDisposeScope();
        var hidden = conv1.call(functional.silu(norm1.call(input)));
        if (time_emb_proj is not null && time is not null) hidden += time_emb_proj.call(functional.silu(time)).unsqueeze(-1).unsqueeze(-1);
        hidden = conv2.call(functional.silu(norm2.call(hidden)));
        return ((conv_shortcut?.call(input) ?? input) + hidden).MoveToOuterDisposeScope();
    }
}
