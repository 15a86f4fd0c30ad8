using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>
/// Rows of a batch that are equal until they meet their text. The halves of classifier-free guidance start from the same latents, so that all
/// before the first cross-attention is computed once for both.
/// </summary>
internal static class BatchRows
{
    /// <summary>[n, …] → [rows, …]: the whole batch again and again; itself where it has that many rows already.</summary>
    /// <exception cref="ArgumentException"><paramref name="rows"/> is no multiple of n.</exception>
    public static Tensor Repeat(Tensor batch, long rows)
    {
        var own = batch.shape[0];
        if (own == rows) return batch;
        if (own == 0 || rows % own != 0) throw new ArgumentException(FormattableString.Invariant($"{rows} rows of text do not fit {own} rows of latents; they must be as many, or a multiple."), nameof(rows));
        return batch.repeat([rows / own, .. Enumerable.Repeat(1L, batch.shape.Length - 1)]);
    }
}
