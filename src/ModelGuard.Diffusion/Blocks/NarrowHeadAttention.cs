using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Blocks;

/// <summary>
/// Attention for narrow heads, on the processor, in float32, without gradients. One head is computed at a time, <see cref="AttentionTile.Queries"/>
/// queries together, so that keys, values and scores stay in the processor's caches and the exponentials cost no pass over memory of their own
/// (the idea of FlashAttention, Dao et al. 2022, §3.1). Each query's result depends on its own numbers alone: not on threads, nor on the batch.
/// </summary>
internal static unsafe class NarrowHeadAttention
{
    /// <summary>Whether tensors of these shapes and types can be computed here; memory is read by their shapes, so these must belong together.</summary>
    public static bool Takes(Tensor queries, Tensor keys, Tensor values, long heads) =>
        keys.shape.SequenceEqual(values.shape) && keys.shape[0] == queries.shape[0] && keys.shape[2] == queries.shape[2] &&
        queries.shape[2] / heads % AttentionTile.Columns == 0 && Fits(queries) && Fits(keys) && Fits(values) && keys.shape[1] > 0 && queries.shape[1] > 0;

    /// <summary>[n, tokens, heads · d], keys and values [n, context tokens, heads · d] → [n, tokens, heads · d].</summary>
    public static Tensor Of(Tensor queries, Tensor keys, Tensor values, long heads)
    {
        using var scope = NewDisposeScope();
        var result = empty(queries.shape);
        var shape = new Shape((int)heads, (int)queries.shape[1], (int)keys.shape[1], (int)(queries.shape[2] / heads));
        fixed (byte* q = queries.contiguous().bytes, k = keys.contiguous().bytes, v = values.contiguous().bytes, o = result.bytes)
            Batch((float*)q, (float*)k, (float*)v, (float*)o, checked((int)queries.shape[0]), shape);

        return result.MoveToOuterDisposeScope();
    }

    private static bool Fits(Tensor x) =>
        x.dtype == ScalarType.Float32 && x.device.type == TorchSharp.DeviceType.CPU && x.NumberOfElements is > 0 and <= int.MaxValue / sizeof(float) && !(x.requires_grad && is_grad_enabled());

    private static void Batch(float* q, float* k, float* v, float* o, int batch, Shape shape)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() };
        Parallel.For(0, batch * shape.Heads, options, () => new HeadScratch(shape.Context, shape.Width), OneHead, scratch => scratch.Dispose());

        HeadScratch OneHead(int index, ParallelLoopState state, HeadScratch scratch)
        {
            long row = index / shape.Heads, head = index % shape.Heads * shape.Width;
            scratch.Transpose(k + (row * shape.Context * shape.Row) + head, v + (row * shape.Context * shape.Row) + head, shape.Row);
            var at = (row * shape.Tokens * shape.Row) + head;
            Head(q + at, o + at, shape, scratch);
            return scratch;
        }
    }

    private static void Head(float* q, float* o, Shape shape, HeadScratch scratch)
    {
        for (var first = 0; first < shape.Tokens; first += AttentionTile.Queries)
        {
            var count = Math.Min(AttentionTile.Queries, shape.Tokens - first);
            scratch.TakeQueries(q + ((long)first * shape.Row), count, shape.Row);
            AttentionTile.Compute(scratch, o + ((long)first * shape.Row), shape.Row, count);
        }
    }

    /// <summary>Heads, tokens of the queries and of the context, and the width of a head.</summary>
    private sealed record Shape(int Heads, int Tokens, int Context, int Width)
    {
        /// <summary>Numbers from one token to the next.</summary>
        public int Row => Heads * Width;
    }
}
