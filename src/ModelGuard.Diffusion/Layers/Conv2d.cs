using ModelGuard.Diffusion.Backend;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Layers;

/// <summary>A convolution over [n, in, h, w] that is right on this processor (see <see cref="ConvolutionPath"/>).</summary>
public sealed class Conv2d : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly long stride;
    private readonly long padding;

    /// <summary>Creates the layer with parameters <c>weight</c> [out, in, kernel, kernel] and, if asked for, <c>bias</c> [out].</summary>
    public Conv2d(long inChannels, long outChannels, long kernelSize, long stride = 1, long padding = 0, bool hasBias = true)
        : base(nameof(Conv2d))
    {
        weight = EmptyParameter.Of(outChannels, inChannels, kernelSize, kernelSize);
        bias = hasBias ? EmptyParameter.Of(outChannels) : null;
        this.stride = stride;
        this.padding = padding;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input) =>
        SafeConvolution.Conv2d(NativeBackend.RequireConvolutionPath(input.dtype), input, weight, bias, stride, padding);
}
