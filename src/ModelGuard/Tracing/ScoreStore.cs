using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>
/// Scores of pictures by what they were drawn from; so equal pictures are drawn once, and a trace that was stopped goes on where it was. Between
/// runs a batch is kept as a whole: the arithmetic of a network may differ in the last bit with the size of a batch, so that a run that goes on
/// finds the numbers of one that was never stopped only if it draws the same batches.
/// </summary>
/// <param name="cache">Keeps them between runs.</param>
/// <param name="context">All that every picture and score depends on: checkpoint, scorer, texts, generation, backend.</param>
public sealed class ScoreStore(ContentCache cache, string context)
{
    private readonly Dictionary<string, ImmutableArray<double>> known = new(StringComparer.Ordinal);

    /// <summary>Keeps nothing between runs.</summary>
    public static ScoreStore InMemory() => new(ContentCache.None, "");

    /// <summary>How many pictures had to be drawn.</summary>
    public int Drawn { get; private set; }

    /// <summary>The scores of a picture of this run, or null.</summary>
    internal ImmutableArray<double>? TryGet(string picture) => known.TryGetValue(picture, out var scores) ? scores : null;

    /// <summary>Whether the scores of all pictures of a batch are known, from this run or an earlier one that drew the same batch.</summary>
    /// <param name="batch">The pictures that are drawn together, in their order.</param>
    internal bool TryLoad(IReadOnlyList<string> batch)
    {
        if (batch.All(known.ContainsKey)) return true;
        if (cache.TryGet(Key(batch)) is not { Length: > 0 } bytes || bytes.Length % (batch.Count * sizeof(double)) != 0) return false;
        Add(batch, [.. MemoryMarshal.Cast<byte, double>(bytes).ToArray().Chunk(bytes.Length / sizeof(double) / batch.Count).Select(row => row.ToImmutableArray())]);
        return true;
    }

    /// <summary>Keeps the scores of a batch that was drawn, a row for each picture.</summary>
    internal void Put(IReadOnlyList<string> batch, ImmutableArray<ImmutableArray<double>> scores)
    {
        Add(batch, scores);
        cache.Put(Key(batch), MemoryMarshal.AsBytes(scores.SelectMany(row => row).ToArray().AsSpan()));
        Drawn += batch.Count;
    }

    /// <summary>The digest of one row of text states.</summary>
    internal static string Digest(PromptStates states, int row)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(states.States[row].cpu().contiguous().bytes);
        if (states.Pooled is not null) hash.AppendData(states.Pooled[row].cpu().contiguous().bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // The first batch that held a picture counts.
    private void Add(IReadOnlyList<string> batch, ImmutableArray<ImmutableArray<double>> scores)
    {
        for (var i = 0; i < batch.Count; i++) known.TryAdd(batch[i], scores[i]);
    }

    private CacheKey Key(IEnumerable<string> batch) => CacheKey.Of([("kind", "trace-scores-4"), ("context", context), .. batch.Select(picture => ("picture", picture))]);
}
