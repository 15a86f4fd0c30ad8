using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelGuard.Caching;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Second moments E[k kᵀ] of the keys that ordinary captions give. They take seconds on a large encoder and depend on the encoder, the layer
/// and the captions alone, so they are kept in the user's cache of results.
/// </summary>
internal sealed class KeyMoments(EditTask task, string component) : IDisposable
{
    private readonly Dictionary<string, Task<Entry>> ahead = new(StringComparer.Ordinal);
    private readonly Lazy<string> weights = new(() => string.Join(' ', task.Checkpoint.Component(component).WeightFiles.Select(f => Convert.ToHexStringLower(task.Digests.Sha256OfFile(f)))));

    /// <summary>
    /// Begins to read a moment that will be asked for, and to make of it what a system needs: disk, check of its digest and factorisation
    /// take as long as a fifth of an edit, and while sentences are read the second core has nothing to do.
    /// </summary>
    /// <param name="site">What the keys are the input of, for example a tensor's name.</param>
    /// <param name="ids">The captions.</param>
    /// <param name="limit">Makes λI + C of a moment [d, d], which it may overwrite; null to make nothing of it.</param>
    public void ReadAhead(string site, long[][] ids, Func<Tensor, RidgeLimit>? limit)
    {
        if (ReferenceEquals(task.Cache, ContentCache.None)) return;
        var threads = get_num_threads();
        // On a thread that ends: as long as one lives that has computed, OpenMP counts its helpers, too, finds more threads than cores, and
        // puts all of them to sleep after each loop.
        ahead[site] = Task.Factory.StartNew(Begun, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        Entry Begun()
        {
            var entry = Read(site, ids, threads);
            if (limit is null || entry.Bytes is not { } bytes) return entry;
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var width = (long)Math.Sqrt(bytes.Length / sizeof(double));
            if (Square(bytes, width) is not { } moment) return entry;
            var (matrix, factor) = limit(moment);
            return entry with { Bytes = null, Limit = new RidgeLimit(matrix.DetachFromDisposeScope(), factor?.DetachFromDisposeScope()) };
        }
    }

    /// <summary>What was made of a moment ahead, which the caller disposes; null where it was not begun or not in the cache.</summary>
    /// <param name="site">As of <see cref="ReadAhead"/>.</param>
    /// <param name="width">d.</param>
    /// <exception cref="EditException">MG1003.</exception>
    public RidgeLimit? TakeLimit(string site, long width)
    {
        if (!ahead.TryGetValue(site, out var begun) || begun.GetAwaiter().GetResult().Limit is not { } limit) return null;
        ahead.Remove(site);
        if (limit.Matrix.shape[0] == width) return limit;
        limit.Dispose();
        return null;
    }

    /// <summary>The moment [d, d], float64, from the cache or computed now; a new tensor.</summary>
    /// <param name="site">As of <see cref="ReadAhead"/>.</param>
    /// <param name="ids">As of <see cref="ReadAhead"/>.</param>
    /// <param name="width">d.</param>
    /// <param name="sum">Computes Σ k kᵀ over all positions.</param>
    public Tensor Get(string site, long[][] ids, long width, Func<Tensor> sum)
    {
        if (ReferenceEquals(task.Cache, ContentCache.None)) return Compute();
        var entry = ahead.Remove(site, out var begun) ? begun.GetAwaiter().GetResult() : Read(site, ids, get_num_threads());
        if (entry.Bytes is { } bytes && Square(bytes, width) is { } kept) return kept;
        var moment = Compute();
        task.Cache.Put(entry.Key, moment.bytes);
        return moment;

        Tensor Compute()
        {
            using var scope = NewDisposeScope();
            return (sum() / (double)(ids.Length * ids[0].Length)).contiguous().MoveToOuterDisposeScope();
        }
    }

    /// <summary>Waits for what was begun and never asked for.</summary>
    public void Dispose()
    {
        foreach (var begun in ahead.Values)
        {
            // Unlike others this wait throws nothing: what fails here was not asked for.
            Task.WaitAny(begun);
            if (begun.IsCompletedSuccessfully) begun.GetAwaiter().GetResult().Limit?.Dispose();
        }

        ahead.Clear();
    }

    // What another run kept may be anything.
    private static Tensor? Square(byte[] bytes, long width)
    {
        if (bytes.Length == 0 || bytes.Length != width * width * sizeof(double)) return null;
        var matrix = empty([width, width], dtype: ScalarType.Float64);
        bytes.CopyTo(matrix.bytes);
        return matrix;
    }

    // Sums in another order have other last bits: the number of threads decides about it.
    private Entry Read(string site, long[][] ids, int threads)
    {
        // A single file holds the weights of all encoders, and their layers have the same names.
        var key = CacheKey.Of(("kind", "key-moment 3"), ("weights", weights.Value), ("component", component), ("site", site), ("captions", Digest(ids)), ("threads", FormattableString.Invariant($"{threads}")));
        return new Entry(key, task.Cache.TryGet(key), null);
    }

    private static string Digest(long[][] ids) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<long>(ids.SelectMany(i => i).ToArray())));

    private sealed record Entry(CacheKey Key, byte[]? Bytes, RidgeLimit? Limit);
}
