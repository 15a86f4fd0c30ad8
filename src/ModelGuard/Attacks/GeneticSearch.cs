namespace ModelGuard.Attacks;

/// <summary>
/// The search of Ring-A-Bell (Tsai et al., 2024, section 3.2): a population of fillings, of which the better half breeds by crossover and
/// mutation. It needs no gradient.
/// </summary>
internal static class GeneticSearch
{
    private const double Mutation = 0.25;
    private const double Crossover = 0.5;

    /// <summary>The best filling and its distance; null where none that was drawn can be typed.</summary>
    /// <param name="objective">What to come close to.</param>
    /// <param name="vocabulary">Tokens that may be used.</param>
    /// <param name="budget">How much may be tried; candidates are the population.</param>
    /// <param name="cancellation">Stops between two generations.</param>
    public static (long[] Filling, double Distance)? Run(AttackObjective objective, TypeableTokens vocabulary, AttackBudget budget, CancellationToken cancellation)
    {
        var random = new SplitMix64(unchecked((ulong)budget.Seed));
        long Draw() => vocabulary.Ids[random.Next(vocabulary.Ids.Length)];
        var population = Enumerable.Range(0, budget.Candidates).Select(_ => Enumerable.Range(0, objective.Slots.Count).Select(_ => Draw()).ToArray()).ToList();
        var scored = Score(population);
        if (scored.Count == 0) return null;
        for (var generation = 0; generation < budget.Iterations; generation++)
        {
            cancellation.ThrowIfCancellationRequested();
            (long[] Filling, double Distance)[] parents = [.. scored.Take((budget.Candidates + 1) / 2)];
            var children = new List<long[]>();
            while (children.Count < budget.Candidates - parents.Length)
            {
                var (mother, father) = (parents[random.Next(parents.Length)].Filling, parents[random.Next(parents.Length)].Filling);
                var cut = random.NextDouble() < Crossover ? random.Next(mother.Length) : mother.Length;
                long[] child = [.. mother[..cut], .. father[cut..]];
                for (var i = 0; i < child.Length; i++)
                {
                    if (random.NextDouble() < Mutation) child[i] = Draw();
                }

                children.Add(child);
            }

            scored = [.. parents.Concat(Score(children)).OrderBy(s => s.Distance)];
        }

        return scored[0];

        List<(long[] Filling, double Distance)> Score(List<long[]> fillings)
        {
            var typeable = fillings.Where(f => objective.Slots.ToText(f) is not null).ToList();
            return [.. typeable.Zip(objective.Evaluate(typeable)).OrderBy(s => s.Second)];
        }
    }
}
