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
    private readonly Lazy<string> weights = new(() => string.Join(' ', task.Checkpoint.Component(component).WeightFiles.Select(f => Convert.ToHexStringLower(task.Digests.Sha256OfFile(f)))));

    /// <summary>The moment [d, d], float64, from the cache or computed now.</summary>
    /// <param name="site">What the keys are the input of, for example a tensor's name.</param>
    /// <param name="ids">The captions.</param>
    /// <param name="width">d.</param>
    /// <param name="sum">Computes Σ k kᵀ over all positions.</param>
    public Tensor Get(string site, long[][] ids, long width, Func<Tensor> sum)
    {
        if (ReferenceEquals(task.Cache, ContentCache.None)) return Compute();
        // Sums in another order have other last bits: the number of threads decides about it.
        var key = CacheKey.Of(("kind", "key-moment 2"), ("weights", weights.Value), ("site", site), ("captions", Digest(ids)), ("threads", FormattableString.Invariant($"{get_num_threads()}")));
        if (task.Cache.TryGet(key) is { } bytes && bytes.Length == width * width * sizeof(double))
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

    private static string Digest(long[][] ids) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<long>(ids.SelectMany(i => i).ToArray())));
}
