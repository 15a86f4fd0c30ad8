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
        // A table: a dictionary of pairs has to be compiled in each process, which takes longer than this.
        var (sentences, positions) = (0, 0);
        foreach (var (prompt, position) in picks) (sentences, positions) = (Math.Max(sentences, prompt + 1), Math.Max(positions, position + 1));
        var numbers = new int[sentences * positions];
        var (rows, distinct) = (new long[picks.Length], ImmutableArray.CreateBuilder<(int, int)>());
        for (var i = 0; i < rows.Length; i++)
        {
            ref var number = ref numbers[(picks[i].Prompt * positions) + picks[i].Position];
            if (number == 0)
            {
                distinct.Add(picks[i]);
                number = distinct.Count;
            }

            rows[i] = number - 1;
        }

        return new DistinctPicks(distinct.ToImmutable(), distinct.Count == picks.Length ? null : tensor(rows));
    }
}
