using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Multi-head attention over tokens; self-attention when the context is the input itself (diffusers' <c>Attention</c>).</summary>
public sealed class Attention : Module<Tensor, Tensor, Tensor>
{
    private readonly Layers.Linear to_q;
    private readonly Layers.Linear to_k;
    private readonly Layers.Linear to_v;
    private readonly ModuleList<Layers.Linear> to_out;
    private readonly long heads;

    /// <summary>Creates the layer; <paramref name="hasBias"/> concerns queries, keys and values.</summary>
    public Attention(long channels, long contextWidth, long heads, bool hasBias)
        : base(nameof(Attention))
    {
        to_q = new Layers.Linear(channels, channels, hasBias);
        to_k = new Layers.Linear(contextWidth, channels, hasBias);
        to_v = new Layers.Linear(contextWidth, channels, hasBias);
        to_out = new ModuleList<Layers.Linear>(new Layers.Linear(channels, channels));
        this.heads = heads;
        RegisterComponents();
    }

    /// <summary>[n, tokens, channels] and context [n, context tokens, context width] → [n, tokens, channels].</summary>
    public override Tensor forward(Tensor hidden, Tensor context)
    {
        using var scope = NewDisposeScope();
        return to_out[0].call(HeadAttention.Of(to_q.call(hidden), to_k.call(context), to_v.call(context), heads)).MoveToOuterDisposeScope();
    }
}
