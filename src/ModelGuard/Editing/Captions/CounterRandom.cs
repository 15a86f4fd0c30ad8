namespace ModelGuard.Editing.Captions;

/// <summary>SplitMix64 (Steele, Lea, Flood, 2014): the same numbers on every platform and in every version of .NET, which <see cref="Random"/> does not promise.</summary>
internal sealed class CounterRandom(ulong seed)
{
    private ulong state = Mix(seed);

    /// <summary>A number in [0, 1).</summary>
    public double Next()
    {
        state = Mix(state);
        return (state >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => Next() < probability;

    /// <summary>One of some things.</summary>
    public T Pick<T>(IReadOnlyList<T> from) => from[(int)(Next() * from.Count)];

    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x += 0x9E3779B97F4A7C15;
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }
}
