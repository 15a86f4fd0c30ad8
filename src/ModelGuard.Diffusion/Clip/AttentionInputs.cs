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
    public AttentionInputs Select(Tensor index)
    {
        return new(Pick(Queries), Pick(Keys), Pick(Values));

        Tensor Pick(Tensor rows) => rows.index_select(0, index.flatten()).view(index.shape[0], index.shape[1], -1);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Queries.Dispose();
        Keys.Dispose();
        Values.Dispose();
    }
}
