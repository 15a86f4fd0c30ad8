using System.Collections.Immutable;

namespace ModelGuard.Editing;

/// <summary>What is asked of one sentence: some of its positions, each with its place among all that is asked for.</summary>
internal sealed class PickedSentence(int prompt)
{
    /// <summary>The sentence.</summary>
    public int Prompt { get; } = prompt;

    /// <summary>Its positions, in the order in which they are asked for.</summary>
    public List<int> Positions { get; } = [];

    /// <summary>For each of <see cref="Positions"/> its place among all pairs.</summary>
    public List<long> Orders { get; } = [];

    /// <summary>The sentences of some pairs, in the order in which they first occur.</summary>
    /// <param name="picks">The pairs.</param>
    /// <param name="first">Is added to their sentences' numbers.</param>
    public static PickedSentence[] Of(ImmutableArray<(int Prompt, int Position)> picks, int first)
    {
        var byPrompt = new Dictionary<int, PickedSentence>();
        var sentences = new List<PickedSentence>();
        for (var i = 0; i < picks.Length; i++)
        {
            var (prompt, position) = picks[i];
            if (!byPrompt.TryGetValue(prompt, out var sentence))
            {
                byPrompt[prompt] = sentence = new PickedSentence(first + prompt);
                sentences.Add(sentence);
            }

            sentence.Positions.Add(position);
            sentence.Orders.Add(i);
        }

        return [.. sentences];
    }
}
