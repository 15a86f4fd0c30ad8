using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>(sentence, position) pairs, each once: a thousand names with one target become the same few sentences.</summary>
/// <param name="Picks">The pairs, in the order in which they first occur.</param>
/// <param name="Rows">For each pair that was asked for, its number among <paramref name="Picks"/> [n], int64; null where each occurs once.</param>
internal sealed record DistinctPicks(ImmutableArray<(int Prompt, int Position)> Picks, Tensor? Rows)
{
    /// <param name="picks">Pairs, some of them several times.</param>
    public static DistinctPicks Of(ImmutableArray<(int Prompt, int Position)> picks)
    {
        var numbers = new Dictionary<(int, int), long>();
        foreach (var pick in picks) numbers.TryAdd(pick, numbers.Count);
        return new DistinctPicks([.. picks.Distinct()], numbers.Count == picks.Length ? null : tensor(picks.Select(p => numbers[p]).ToArray()));
    }
}
