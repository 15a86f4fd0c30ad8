using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelGuard.Caching;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Second moments E[k kᵀ] of the keys that ordinary captions give. They take seconds on a large encoder and depend on the encoder, the layer
/// and the captions alone, so they are kept in the user's cache of results.
/// </summary>
internal sealed class KeyMoments(EditTask task, string component)
{
    private readonly Dictionary<string, Task<Entry>> ahead = new(StringComparer.Ordinal);
    private readonly Lazy<string> weights = new(() => string.Join(' ', task.Checkpoint.Component(component).WeightFiles.Select(f => Convert.ToHexStringLower(task.Digests.Sha256OfFile(f)))));

    /// <summary>Begins to read a moment that will be asked for: the disk and the check of its digest take as long as a tenth of an edit, and the second core has nothing else to do.</summary>
    /// <param name="site">As of <see cref="Get"/>.</param>
    /// <param name="ids">As of <see cref="Get"/>.</param>
    public void ReadAhead(string site, long[][] ids)
    {
        if (ReferenceEquals(task.Cache, ContentCache.None)) return;
        var threads = get_num_threads();
        ahead[site] = Task.Run(() => Read(site, ids, threads));
    }

    /// <summary>The moment [d, d], float64, from the cache or computed now; a new tensor.</summary>
    /// <param name="site">What the keys are the input of, for example a tensor's name.</param>
    /// <param name="ids">The captions.</param>
    /// <param name="width">d.</param>
    /// <param name="sum">Computes Σ k kᵀ over all positions.</param>
    public Tensor Get(string site, long[][] ids, long width, Func<Tensor> sum)
    {
        if (ReferenceEquals(task.Cache, ContentCache.None)) return Compute();
        var (key, bytes) = ahead.Remove(site, out var begun) ? begun.GetAwaiter().GetResult() : Read(site, ids, get_num_threads());
        if (bytes is not null && bytes.Length == width * width * sizeof(double))
        {
            var kept = empty([width, width], dtype: ScalarType.Float64);
            bytes.CopyTo(kept.bytes);
            return kept;
        }

        var moment = Compute();
        task.Cache.Put(key, moment.bytes);
        return moment;

        Tensor Compute()
        {
            using var scope = NewDisposeScope();
            return (sum() / (double)(ids.Length * ids[0].Length)).contiguous().MoveToOuterDisposeScope();
        }
    }

    // Sums in another order have other last bits: the number of threads decides about it.
    private Entry Read(string site, long[][] ids, int threads)
    {
        var key = CacheKey.Of(("kind", "key-moment 2"), ("weights", weights.Value), ("site", site), ("captions", Digest(ids)), ("threads", FormattableString.Invariant($"{threads}")));
        return new Entry(key, task.Cache.TryGet(key));
    }

    private static string Digest(long[][] ids) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<long>(ids.SelectMany(i => i).ToArray())));

    private sealed record Entry(CacheKey Key, byte[]? Bytes);
}
