using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Clip;

/// <summary>What attention works on, each [.., width]: one row a token.</summary>
/// <param name="Queries">Output of <c>q_proj</c>.</param>
/// <param name="Keys">Output of <c>k_proj</c>.</param>
/// <param name="Values">Output of <c>v_proj</c>.</param>
public sealed record AttentionInputs(Tensor Queries, Tensor Keys, Tensor Values) : IDisposable
{
    /// <summary>Rows [rows, width] laid out as sentences [n, tokens, width].</summary>
    /// <param name="index">Number of the row for each token [n, tokens], int64.</param>
    public AttentionInputs Select(Tensor index) => new(Rows(Queries, index), Rows(Keys, index), Rows(Values, index));

    /// <summary>Rows [rows, width] by their numbers [n, tokens] → [n, tokens, width].</summary>
    public static Tensor Rows(Tensor rows, Tensor index)
    {
        using var flat = index.flatten();
        using var picked = rows.index_select(0, flat);
        return picked.view(index.shape[0], index.shape[1], -1);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Queries.Dispose();
        Keys.Dispose();
        Values.Dispose();
    }
}
