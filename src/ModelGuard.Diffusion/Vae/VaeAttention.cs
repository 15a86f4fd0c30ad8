using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>Single-head self-attention over the pixels, with its own norm and residual.</summary>
public sealed class VaeAttention : Module<Tensor, Tensor>
{
    private readonly Layers.GroupNorm group_norm;
    private readonly Layers.Linear to_q;
    private readonly Layers.Linear to_k;
    private readonly Layers.Linear to_v;
    private readonly ModuleList<Layers.Linear> to_out;

    /// <summary>Creates the layer.</summary>
    public VaeAttention(long channels, long groups, double eps)
        : base(nameof(VaeAttention))
    {
        group_norm = new Layers.GroupNorm(groups, channels, eps);
        to_q = new Layers.Linear(channels, channels);
        to_k = new Layers.Linear(channels, channels);
        to_v = new Layers.Linear(channels, channels);
        to_out = new ModuleList<Layers.Linear>(new Layers.Linear(channels, channels));
        RegisterComponents();
    }

    /// <summary>[n, c, h, w] → [n, c, h, w].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var tokens = group_norm.call(input).flatten(2).transpose(1, 2);
        var attended = functional.scaled_dot_product_attention(to_q.call(tokens).unsqueeze(1), to_k.call(tokens).unsqueeze(1), to_v.call(tokens).unsqueeze(1)).squeeze(1);
        return (to_out[0].call(attended).transpose(1, 2).reshape(input.shape) + input).MoveToOuterDisposeScope();
    }
}
