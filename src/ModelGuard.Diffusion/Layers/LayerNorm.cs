using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Layers;

/// <summary>Layer normalisation over the last dimension.</summary>
public sealed class LayerNorm : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly double eps;

    /// <summary>Creates the layer with parameters <c>weight</c> and <c>bias</c>, each [size].</summary>
    public LayerNorm(long size, double eps = 1e-5)
        : base(nameof(LayerNorm))
    {
        weight = EmptyParameter.Of(size);
        bias = EmptyParameter.Of(size);
        this.eps = eps;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input) => functional.layer_norm(input, [weight.shape[0]], weight, bias, eps);
}
