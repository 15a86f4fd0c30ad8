using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Multi-head self-attention as in transformers' <c>CLIPAttention</c>. The edit's key is the input of <c>out_proj</c>.</summary>
public sealed class CLIPAttention : Module<Tensor, Tensor?, Tensor>
{
    private readonly Linear k_proj;
    private readonly Linear v_proj;
    private readonly Linear q_proj;
    private readonly Linear out_proj;
    private readonly long heads;

    /// <summary>Creates the layer for hidden states of width <paramref name="hiddenSize"/>.</summary>
    public CLIPAttention(long hiddenSize, long heads)
        : base(nameof(CLIPAttention))
    {
        k_proj = new Linear(hiddenSize, hiddenSize);
        v_proj = new Linear(hiddenSize, hiddenSize);
        q_proj = new Linear(hiddenSize, hiddenSize);
        out_proj = new Linear(hiddenSize, hiddenSize);
        this.heads = heads;
        RegisterComponents();
    }

    /// <summary>The weight of <c>out_proj</c> [width, width].</summary>
    public Tensor OutProjWeight => out_proj.Weight;

    /// <summary>The bias of <c>out_proj</c> [width].</summary>
    public Tensor OutProjBias => out_proj.Bias!;

    /// <summary>[n, tokens, width], additive mask broadcastable to [n, heads, tokens, tokens] or null → [n, tokens, width].</summary>
    public override Tensor forward(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        return Project(Heads(hidden, mask)).MoveToOuterDisposeScope();
    }

    /// <summary>Everything before <c>out_proj</c>: arguments as of <c>forward</c> → the concatenated heads [n, tokens, width].</summary>
    public Tensor Heads(Tensor hidden, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        return Attend(Inputs(hidden), mask).MoveToOuterDisposeScope();
    }

    /// <summary>Queries, keys and values of rows [.., width].</summary>
    public AttentionInputs Inputs(Tensor rows) => new(q_proj.call(rows), k_proj.call(rows), v_proj.call(rows));

    /// <summary>Attention over inputs [n, tokens, width], of which there may be fewer queries [n, queries, width] → the concatenated heads, one for each query.</summary>
    public Tensor Attend(AttentionInputs inputs, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var attended = functional.scaled_dot_product_attention(Split(inputs.Queries), Split(inputs.Keys), Split(inputs.Values), mask);
        return attended.transpose(1, 2).reshape(inputs.Queries.shape).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The same over tokens of which the last ones are the same in all sentences, as padding is: their keys and values are there once, for all.
    /// </summary>
    /// <param name="inputs">Queries [n, queries, width], and keys and values of each sentence's own tokens [n, own, width].</param>
    /// <param name="keys">Keys of the tokens that follow in all of them [shared, width].</param>
    /// <param name="values">Their values [shared, width].</param>
    /// <param name="mask">Additive mask that broadcasts to [n, heads, queries, own + shared].</param>
    public Tensor Attend(AttentionInputs inputs, Tensor keys, Tensor values, Tensor mask)
    {
        if (keys.shape[0] == 0) return Attend(inputs, mask);
        using var scope = NewDisposeScope();
        var (queries, own) = (Split(inputs.Queries) / Math.Sqrt(inputs.Queries.shape[2] / heads), inputs.Keys.shape[1]);
        var scores = cat([matmul(queries, Split(inputs.Keys).transpose(2, 3)), WithShared(queries, Heads(keys).transpose(1, 2))], -1).add_(mask).softmax(-1);
        var attended = matmul(scores.narrow(3, 0, own), Split(inputs.Values)).add_(WithShared(scores.narrow(3, own, keys.shape[0]), Heads(values)));
        return attended.transpose(1, 2).reshape(inputs.Queries.shape).MoveToOuterDisposeScope();

        Tensor Heads(Tensor projected) => projected.view(projected.shape[0], heads, projected.shape[1] / heads).transpose(0, 1);

        // [n, heads, queries, x] · [heads, x, y]: head by head, or what is shared would be laid out for each sentence after all.
        Tensor WithShared(Tensor rows, Tensor shared) => matmul(rows.transpose(0, 1).reshape(heads, -1, rows.shape[3]), shared).view(heads, rows.shape[0], rows.shape[2], -1).transpose(0, 1);
    }

    /// <summary><c>out_proj</c> on concatenated heads.</summary>
    public Tensor Project(Tensor heads) => out_proj.call(heads);

    private Tensor Split(Tensor projected) => projected.view(projected.shape[0], projected.shape[1], heads, projected.shape[2] / heads).transpose(1, 2);
}
