using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Where the states that a patch writes come from.</summary>
internal interface IStateSource
{
    /// <summary>The state of a site for rows that are patched together [rows or 1, tokens, width].</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="draws">The draw of each row [rows].</param>
    Tensor Get(SiteKind kind, int layer, Tensor draws);
}

/// <summary>The states of one run, for all rows.</summary>
internal sealed class OneRun(TextStates states) : IStateSource
{
    /// <inheritdoc />
    public Tensor Get(SiteKind kind, int layer, Tensor draws) => states[kind, layer].alias();
}

/// <summary>For each row the states of the run of its draw.</summary>
internal sealed class SameDraw(TextStates states) : IStateSource
{
    /// <inheritdoc />
    public Tensor Get(SiteKind kind, int layer, Tensor draws) => states[kind, layer].index_select(0, draws);
}

/// <summary>The states of another prompt, taken from its positions of the same role.</summary>
/// <param name="states">One run of the other prompt.</param>
/// <param name="positions">For each position the one of the other prompt [tokens].</param>
internal sealed class AlignedDonor(TextStates states, IEnumerable<int> positions) : IStateSource
{
    private readonly long[] positions = [.. positions.Select(p => (long)p)];

    /// <inheritdoc />
    public Tensor Get(SiteKind kind, int layer, Tensor draws)
    {
        using var index = tensor(positions, device: states.Ids.device);
        return states[kind, layer].index_select(1, index);
    }
}

/// <summary>A step from the corrupted state that is as long as the one to the clean state, in a direction that means nothing.</summary>
/// <param name="clean">The clean run.</param>
/// <param name="corrupted">The corrupted runs.</param>
/// <param name="seed">Seed of the directions.</param>
internal sealed class RandomDirection(TextStates clean, TextStates corrupted, long seed) : IStateSource
{
    /// <inheritdoc />
    public Tensor Get(SiteKind kind, int layer, Tensor draws)
    {
        using var scope = NewDisposeScope();
        var from = corrupted[kind, layer].index_select(0, draws);
        using var generator = new Generator(unchecked((ulong)((seed * 1000) + (layer * 10) + (int)kind)), CPU);
        var direction = randn([.. from.shape], generator: generator).to(from.dtype, from.device);
        var length = (clean[kind, layer] - from).norm(2, keepdim: true, p: 2);
        return (from + (direction / direction.norm(2, keepdim: true, p: 2) * length)).MoveToOuterDisposeScope();
    }
}
