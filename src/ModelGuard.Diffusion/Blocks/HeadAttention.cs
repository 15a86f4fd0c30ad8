using System.Runtime.Intrinsics;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>Scaled dot-product attention (Vaswani et al. 2017, §3.2.1), softmax(q kᵀ / √d) v, for heads of any width d.</summary>
internal static class HeadAttention
{
    /// <summary>Below it LibTorch's matrix products on the processor take longer than for this width.</summary>
    private const long FastWidth = 16;

    /// <summary>Up to here LibTorch was slower than <see cref="NarrowHeadAttention"/> (docs/benchmarks.md).</summary>
    private static readonly long Narrow = Vector512.IsHardwareAccelerated ? 40 : Vector256.IsHardwareAccelerated ? 16 : 0;

    /// <summary>
    /// [n, tokens, heads · d], keys and values [n, context tokens, heads · d] → [n, tokens, heads · d]. Narrow heads in float32 on the processor,
    /// of which no gradient is asked, are computed by <see cref="NarrowHeadAttention"/>.
    /// </summary>
    public static Tensor Of(Tensor queries, Tensor keys, Tensor values, long heads)
    {
        if (queries.shape[2] / heads <= Narrow && NarrowHeadAttention.Takes(queries, keys, values, heads)) return NarrowHeadAttention.Of(queries, keys, values, heads);
        return ByLibTorch(Split(queries), Split(keys), Split(values)).transpose(1, 2).reshape(queries.shape);

        Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], heads, x.shape[2] / heads).transpose(1, 2);
    }

    /// <summary>
    /// [n, heads, tokens, d], keys and values [n, heads, context tokens, d] → [n, heads, tokens, d]. Narrow heads are filled up with zeros, which
    /// add nothing to any product: 1.4 times as fast at d = 8 and 1024 tokens.
    /// </summary>
    private static Tensor ByLibTorch(Tensor queries, Tensor keys, Tensor values)
    {
        var width = queries.shape[^1];
        if (width >= FastWidth || queries.device.type != TorchSharp.DeviceType.CPU) return functional.scaled_dot_product_attention(queries, keys, values);

        // The kernel divides by the root of the width that it sees.
        var scaled = queries * Math.Sqrt(FastWidth / (double)width);
        return functional.scaled_dot_product_attention(Filled(scaled), Filled(keys), Filled(values)).narrow(-1, 0, width);

        Tensor Filled(Tensor x) => functional.pad(x, [0, FastWidth - width]);
    }
}
