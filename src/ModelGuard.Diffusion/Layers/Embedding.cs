using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Layers;

/// <summary>Rows of a table by id.</summary>
public sealed class Embedding : Module<Tensor, Tensor>
{
    private readonly Parameter weight;

    /// <summary>Creates the layer with the parameter <c>weight</c> [entries, width].</summary>
    public Embedding(long entries, long width)
        : base(nameof(Embedding))
    {
        weight = EmptyParameter.Of(entries, width);
        RegisterComponents();
    }

    /// <summary>The table [entries, width].</summary>
    public Tensor Weight => weight;

    /// <summary>Ids [...] (int64) → rows [..., width].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return weight.index_select(0, input.flatten()).view([.. input.shape, weight.shape[1]]).MoveToOuterDisposeScope();
    }
}
