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

    /// <summary>The weight of <c>self_attn.out_proj</c> [width, width].</summary>
    public Tensor OutProjWeight => self_attn.OutProjWeight;

    /// <summary>The first half of <c>forward</c>: [n, tokens, width] → the input of <c>self_attn.out_proj</c>, the concatenated heads, of the same shape.</summary>
    public Tensor Heads(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        return self_attn.Heads(layer_norm1.call(hidden), mask).MoveToOuterDisposeScope();
    }

    /// <summary>The part of <see cref="Heads"/> that looks at each row by itself: states [.., width] → queries, keys and values.</summary>
    public AttentionInputs Inputs(Tensor rows)
    {
        using var normed = layer_norm1.call(rows);
        return self_attn.Inputs(normed);
    }

    /// <summary>The rest of <see cref="Heads"/>.</summary>
    public Tensor Attend(AttentionInputs inputs, Tensor? mask) => self_attn.Attend(inputs, mask);

    /// <inheritdoc cref="CLIPAttention.Attend(AttentionInputs, Tensor, Tensor, Tensor)" />
    public Tensor Attend(AttentionInputs inputs, Tensor keys, Tensor values, Tensor mask) => self_attn.Attend(inputs, keys, values, mask);

    /// <summary>The bias of <c>self_attn.out_proj</c> [width].</summary>
    public Tensor OutProjBias => self_attn.OutProjBias;

    /// <summary>The weight of <c>mlp.fc2</c> [width, intermediate].</summary>
    public Tensor Fc2Weight => mlp.Fc2Weight;

    /// <summary>The second half: state before the layer and what <see cref="Heads"/> gave for it → state after the layer.</summary>
    public Tensor Complete(Tensor hidden, Tensor heads)
    {
        using var scope = NewDisposeScope();
        return AddMlp(hidden + self_attn.Project(heads)).MoveToOuterDisposeScope();
    }

    /// <summary>The same with what <see cref="Features"/> gave for both.</summary>
    public Tensor Complete(Tensor hidden, Tensor heads, Tensor features)
    {
        using var scope = NewDisposeScope();
        return (hidden + self_attn.Project(heads) + mlp.Project(features)).MoveToOuterDisposeScope();
    }

    /// <summary>State before the layer and what <see cref="Heads"/> gave for it → the input of <c>mlp.fc2</c> [n, tokens, intermediate].</summary>
    public Tensor Features(Tensor hidden, Tensor heads)
    {
        using var scope = NewDisposeScope();
        return mlp.Features(layer_norm2.call(hidden + self_attn.Project(heads))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        return AddMlp(hidden + self_attn.call(layer_norm1.call(hidden), mask)).MoveToOuterDisposeScope();
    }

    private Tensor AddMlp(Tensor attended) => attended + mlp.call(layer_norm2.call(attended));
}
