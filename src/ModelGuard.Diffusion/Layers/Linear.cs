using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Layers;

/// <summary>x Wᵀ + b for x [..., in] and W [out, in]; weights start empty, because they are always loaded or initialised by a trainer.</summary>
public sealed class Linear : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    /// <summary>Creates the layer with parameters <c>weight</c> [out, in] and, if asked for, <c>bias</c> [out].</summary>
    public Linear(long inFeatures, long outFeatures, bool hasBias = true)
        : base(nameof(Linear))
    {
        weight = EmptyParameter.Of(outFeatures, inFeatures);
        bias = hasBias ? EmptyParameter.Of(outFeatures) : null;
        RegisterComponents();
    }

    /// <summary>The weight [out, in].</summary>
    public Tensor Weight => weight;

    /// <summary>The bias [out]; null without one.</summary>
    public Tensor? Bias => bias;

    /// <inheritdoc />
    public override Tensor forward(Tensor input) => functional.linear(input, weight, bias);
}
