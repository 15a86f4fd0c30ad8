using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Tracing;

/// <summary>Scores of pictures by what they were drawn from; so equal pictures are drawn once, and a trace that was stopped goes on where it was.</summary>
/// <param name="cache">Keeps them between runs.</param>
/// <param name="context">All that every picture and score depends on: checkpoint, scorer, texts, generation, backend.</param>
public sealed class ScoreStore(ContentCache cache, string context)
{
    private readonly Dictionary<string, ImmutableArray<double>> known = new(StringComparer.Ordinal);

    /// <summary>Keeps nothing between runs.</summary>
    public static ScoreStore InMemory() => new(ContentCache.None, "");

    /// <summary>How many pictures had to be drawn.</summary>
    public int Drawn { get; private set; }

    /// <summary>The scores of a picture, or null.</summary>
    internal ImmutableArray<double>? TryGet(string picture)
    {
        if (known.TryGetValue(picture, out var scores)) return scores;
        if (cache.TryGet(Key(picture)) is not { } bytes || bytes.Length % sizeof(double) != 0) return null;
        return known[picture] = [.. MemoryMarshal.Cast<byte, double>(bytes)];
    }

    /// <summary>Keeps the scores of a picture that was drawn.</summary>
    internal void Put(string picture, ImmutableArray<double> scores)
    {
        known[picture] = scores;
        cache.Put(Key(picture), MemoryMarshal.AsBytes(scores.AsSpan()));
        Drawn++;
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

    private CacheKey Key(string picture) => CacheKey.Of(("kind", "trace-scores-1"), ("context", context), ("picture", picture));
}
