using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Clip;

/// <summary>What the text tower gives.</summary>
/// <param name="HiddenStates">Layers + 1 states [n, tokens, width]: the embeddings, then the state after each layer, without the final norm.</param>
/// <param name="LastHiddenState">The last state after the final norm [n, tokens, width].</param>
/// <param name="PoolerOutput">Its row at the end token [n, width].</param>
public sealed record CLIPTextOutput(ImmutableArray<Tensor> HiddenStates, Tensor LastHiddenState, Tensor PoolerOutput)
{
    /// <summary>The pooled row, projected [n, projection]; null for a model without projection.</summary>
    public Tensor? TextEmbeds { get; init; }

    /// <summary>All tensors.</summary>
    public IEnumerable<Tensor> Tensors => TextEmbeds is { } projected
        ? [.. HiddenStates, LastHiddenState, PoolerOutput, projected]
        : [.. HiddenStates, LastHiddenState, PoolerOutput];

    /// <summary>The same tensors, moved to the dispose scope around the current one.</summary>
    public CLIPTextOutput MoveToOuter() => Map(t => t.MoveToOuterDisposeScope());

    /// <summary>The same tensors, taken out of their dispose scopes; the caller disposes them.</summary>
    public CLIPTextOutput Detach() => Map(t => t.DetachFromDisposeScope());

    /// <summary>Some rows of the batch, in the order of their numbers.</summary>
    public CLIPTextOutput Rows(IEnumerable<long> rows)
    {
        using var index = tensor(rows.ToArray(), device: LastHiddenState.device);
        return Map(t => t.index_select(0, index));
    }

    private CLIPTextOutput Map(Func<Tensor, Tensor> change) => new([.. HiddenStates.Select(change)], change(LastHiddenState), change(PoolerOutput))
    {
        TextEmbeds = TextEmbeds is { } projected ? change(projected) : null,
    };
}
