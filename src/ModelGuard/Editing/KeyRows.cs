using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>Picks rows of states.</summary>
internal static class KeyRows
{
    /// <summary>States [n, positions, width] and (prompt, position) pairs → [pairs, width].</summary>
    public static Tensor Of(Tensor states, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var scope = NewDisposeScope();
        var flat = states.reshape(-1, states.shape[2]);
        return flat.index_select(0, tensor(picks.Select(p => (p.Prompt * states.shape[1]) + p.Position).ToArray())).MoveToOuterDisposeScope();
    }
}
