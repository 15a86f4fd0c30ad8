using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Self-attention, cross-attention and feed-forward, each pre-normalised with a residual.</summary>
public sealed class BasicTransformerBlock : Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly Attention attn1;
    private readonly LayerNorm norm2;
    private readonly Attention attn2;
    private readonly LayerNorm norm3;
    private readonly FeedForward ff;

    /// <summary>Creates the block.</summary>
    public BasicTransformerBlock(long channels, long contextWidth, long heads)
        : base(nameof(BasicTransformerBlock))
    {
        norm1 = new LayerNorm(channels);
        attn1 = new Attention(channels, channels, heads, hasBias: false);
        norm2 = new LayerNorm(channels);
        attn2 = new Attention(channels, contextWidth, heads, hasBias: false);
        norm3 = new LayerNorm(channels);
        ff = new FeedForward(channels);
        RegisterComponents();
    }

    /// <summary>[n, tokens, channels] and text states [n, text tokens, width] → [n, tokens, channels].</summary>
    public override Tensor forward(Tensor hidden, Tensor context)
    {
        using var scope = NewDisposeScope();
        var normed = norm1.call(hidden);
        hidden = BatchRows.Repeat(attn1.call(normed, normed) + hidden, context.shape[0]);
        hidden = attn2.call(norm2.call(hidden), context) + hidden;
        return (ff.call(norm3.call(hidden)) + hidden).MoveToOuterDisposeScope();
    }
}
