namespace ModelGuard.Fuzzing.Mutations;

/// <summary>Numbers of a seed, so that a run can be made again (SplitMix64; Steele et al., 2014).</summary>
internal sealed class SeededNumbers(ulong seed)
{
    private ulong state = seed;

    /// <summary>64 bits.</summary>
    public ulong Next()
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to <paramref name="count"/> − 1; 0 for none.</summary>
    public int Below(int count) => count <= 0 ? 0 : (int)(Next() % (ulong)count);

    /// <summary>One of some.</summary>
    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>True once in <paramref name="count"/>.</summary>
    public bool OneIn(int count) => Below(count) == 0;
}
