using ModelGuard.Diffusion.Blocks;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>One level of the encoder.</summary>
public sealed class DownEncoderBlock2D : Module<Tensor, Tensor>
{
    private readonly ModuleList<ResnetBlock2D> resnets;
    private readonly ModuleList<Downsample2D> downsamplers;

    /// <summary>Creates the level.</summary>
    public DownEncoderBlock2D(long inChannels, long channels, int layers, bool downsamples, long groups, double eps)
        : base(nameof(DownEncoderBlock2D))
    {
        resnets = new ModuleList<ResnetBlock2D>([.. Enumerable.Range(0, layers).Select(i => new ResnetBlock2D(i == 0 ? inChannels : channels, channels, null, groups, eps))]);
        downsamplers = new ModuleList<Downsample2D>(downsamples ? [new Downsample2D(channels, padsBehind: true)] : []);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        foreach (var resnet in resnets) input = resnet.call(input, null);
        foreach (var downsampler in downsamplers) input = downsampler.call(input);
        return input.MoveToOuterDisposeScope();
    }
}
