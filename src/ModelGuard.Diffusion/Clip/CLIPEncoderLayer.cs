using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Pre-norm transformer layer: attention, then MLP, each with a residual.</summary>
public sealed class CLIPEncoderLayer : Module<Tensor, Tensor?, Tensor>
{
    private readonly CLIPAttention self_attn;
    private readonly LayerNorm layer_norm1;
    private readonly CLIPMLP mlp;
    private readonly LayerNorm layer_norm2;

    /// <summary>Creates one layer.</summary>
    public CLIPEncoderLayer(long hiddenSize, long heads, long intermediateSize, double eps, Func<Tensor, Tensor> activation)
        : base(nameof(CLIPEncoderLayer))
    {
        self_attn = new CLIPAttention(hiddenSize, heads);
        layer_norm1 = new LayerNorm(hiddenSize, eps);
        mlp = new CLIPMLP(hiddenSize, intermediateSize, activation);
        layer_norm2 = new LayerNorm(hiddenSize, eps);
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var attended = hidden + self_attn.call(layer_norm1.call(hidden), mask);
        return (attended + mlp.call(layer_norm2.call(attended))).MoveToOuterDisposeScope();
    }
}
