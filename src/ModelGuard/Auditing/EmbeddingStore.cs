using System.Collections.Immutable;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Auditing;

/// <summary>
/// Embeddings of pictures and texts, computed once for all audits. A batch is kept as a whole when it is done: the arithmetic of a network may
/// differ in the last bit with the size of a batch, so that only the same batch gives the same numbers, and a killed audit loses no more than one.
/// </summary>
internal sealed class EmbeddingStore(AuditScorer scorer, GenerationSettings settings, ContentCache cache)
{
    private readonly PictureStore pictures = new(settings, cache);

    /// <summary>How many pictures had to be drawn.</summary>
    public int Drawn => pictures.Drawn;

    /// <summary>Embeddings of a batch of pictures, in the order of its items.</summary>
    /// <param name="model">Draws them.</param>
    /// <param name="batch">The pictures.</param>
    /// <param name="show">Takes each picture with its place in the batch; null where nobody wants to see them, which then need not be drawn again.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public Embeddings Pictures(AuditModel model, ImmutableArray<GenerationItem> batch, Action<int, RgbImage>? show, CancellationToken cancellation)
    {
        var shown = show is null ? [] : pictures.Get(model, batch, cancellation);
        for (var i = 0; i < shown.Length; i++) show!(i, shown[i]);
        return Keep(
            CacheKey.Of([("kind", "picture-embeddings-3"), ("scorer", scorer.Context), .. pictures.Fields(model, batch)]),
            batch.Length,
            () => scorer.Clip.EmbedImages(show is null ? pictures.Draw(model, batch, cancellation) : shown));
    }

    /// <summary>Embeddings of texts, which are computed together.</summary>
    public Embeddings Texts(ImmutableArray<string> texts) =>
        Keep(CacheKey.Of([("kind", "text-embeddings-1"), ("scorer", scorer.Context), .. texts.Select(t => ("text", t))]), texts.Length, () => scorer.Clip.EmbedTexts(texts));

    private Embeddings Keep(CacheKey key, int rows, Func<Tensor> compute)
    {
        if (cache.TryGet(key) is { } bytes && Embeddings.FromBytes(bytes, rows) is { } known) return known;
        using var computed = compute();
        using var values = computed.to(ScalarType.Float32).cpu().contiguous();
        var result = new Embeddings(checked((int)values.shape[1]), [.. values.data<float>()]);
        cache.Put(key, result.ToBytes());
        return result;
    }
}
