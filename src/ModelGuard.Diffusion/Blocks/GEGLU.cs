using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>A linear map whose second half, through GELU, gates the first (Shazeer, 2020).</summary>
public sealed class GEGLU : Module<Tensor, Tensor>
{
    private readonly Linear proj;

    /// <summary>Creates the layer.</summary>
    public GEGLU(long inFeatures, long outFeatures)
        : base(nameof(GEGLU))
    {
        proj = new Linear(inFeatures, outFeatures * 2);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var halves = proj.call(input).chunk(2, -1);
        return (halves[0] * functional.gelu(halves[1])).MoveToOuterDisposeScope();
    }
}
