namespace Shapes.Training.World;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every platform and .NET version, one stream for each (seed, index).</summary>
internal sealed class CounterRandom(ulong seed, ulong index)
{
    private ulong state = (seed * 0x9E3779B97F4A7C15UL) ^ (index * 0xD1B54A32D192ED03UL) ^ 0x2545F4914F6CDD1DUL;

    /// <summary>Uniform in [0, 1).</summary>
    public double Next()
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    public double Between(double low, double high) => low + ((high - low) * Next());

    public int Below(int count) => (int)(Next() * count);

    public bool Chance(double probability) => Next() < probability;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
