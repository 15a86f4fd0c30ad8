using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Layers;

/// <summary>Group normalisation of [n, channels, ...].</summary>
public sealed class GroupNorm : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long groups;
    private readonly double eps;

    /// <summary>Creates the layer with parameters <c>weight</c> and <c>bias</c>, each [channels].</summary>
    public GroupNorm(long groups, long channels, double eps)
        : base(nameof(GroupNorm))
    {
        weight = EmptyParameter.Of(channels);
        bias = EmptyParameter.Of(channels);
        this.groups = groups;
        this.eps = eps;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input) => functional.group_norm(input, groups, weight, bias, eps);
}
