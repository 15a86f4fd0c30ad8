using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>
/// Greedy coordinate gradient (Zou et al., 2023, algorithm 1; in the space of text states as in MMA-Diffusion, Yang et al., 2024): the gradient
/// says which tokens promise most in each place, some of them are tried, the best one stays. Only fillings that can be typed are tried.
/// </summary>
internal static class TokenSearch
{
    // Of the tokens that promise most, the ones that are tried are drawn from these.
    private const int Promising = 64;

    /// <summary>The best filling and its distance.</summary>
    /// <param name="objective">What to come close to.</param>
    /// <param name="start">The filling to begin with.</param>
    /// <param name="vocabulary">Tokens that may be used.</param>
    /// <param name="budget">How much may be tried.</param>
    /// <param name="cancellation">Stops between two rounds.</param>
    public static (long[] Filling, double Distance) Run(AttackObjective objective, long[] start, TypeableTokens vocabulary, AttackBudget budget, CancellationToken cancellation)
    {
        var random = new SplitMix64(unchecked((ulong)budget.Seed));
        var (best, distance) = (start, objective.Evaluate([start])[0]);
        for (var round = 0; round < budget.Iterations; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            var promising = Best(objective, best, vocabulary);
            var tried = new List<long[]>(budget.Candidates);
            for (var c = 0; c < budget.Candidates; c++)
            {
                var place = random.Next(best.Length);
                var candidate = (long[])best.Clone();
                candidate[place] = promising[place][random.Next(promising[place].Length)];
                if (objective.Slots.ToText(candidate) is not null) tried.Add(candidate);
            }

            if (tried.Count == 0) continue;
            var distances = objective.Evaluate(tried);
            var winner = Array.IndexOf(distances, distances.Min());
            if (distances[winner] < distance) (best, distance) = (tried[winner], distances[winner]);
        }

        return (best, distance);
    }

    private static long[][] Best(AttackObjective objective, long[] filling, TypeableTokens vocabulary)
    {
        using var scope = NewDisposeScope();
        var promise = objective.Promise(filling).index_select(1, tensor(vocabulary.Ids.ToArray()));
        var (_, indices) = promise.topk(Math.Min(Promising, vocabulary.Ids.Length), 1);
        var picks = indices.cpu().data<long>().ToArray();
        var width = (int)indices.shape[1];
        return [.. Enumerable.Range(0, filling.Length).Select(place => picks[(place * width)..((place + 1) * width)].Select(i => vocabulary.Ids[(int)i]).ToArray())];
    }
}
