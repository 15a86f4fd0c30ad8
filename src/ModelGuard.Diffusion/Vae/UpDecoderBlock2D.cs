using ModelGuard.Diffusion.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>One level of the decoder.</summary>
public sealed class UpDecoderBlock2D : Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Upsample2D> upsamplers;

    /// <summary>Creates the level.</summary>
    public UpDecoderBlock2D(long inChannels, long channels, int layers, bool upsamples, long groups, double eps)
        : base(nameof(UpDecoderBlock2D))
    {
        resnets = new ModuleList<ResnetBlock2D>([.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : channels, channels, null, groups, eps))]);
        upsamplers = new ModuleList<Upsample2D>(upsamples ? [new Upsample2D(channels)] : []);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        foreach (var resnet in resnets) input = resnet.call(input, null);
        foreach (var upsampler in upsamplers) input = upsampler.call(input, [input.shape[2] * 2, input.shape[3] * 2]);
        return input.MoveToOuterDisposeScope();
    }
}
