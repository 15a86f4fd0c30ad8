using ModelGuard.Fuzzing.Containers;

namespace ModelGuard.Fuzzing;

/// <summary>A reader that gets bytes of anybody's making.</summary>
/// <param name="Name">Name of its folder in the corpus.</param>
/// <param name="Read">Reads bytes, which may lie in a scratch folder, and tells what came of them, for example the codes that were reported. It throws what the reader throws.</param>
internal sealed record FuzzTarget(string Name, Func<ReadOnlyMemory<byte>, string, string> Read)
{
    // A sentence about a defect, and the objects that a parser makes of the shortest values.
    private const int DefaultFactor = 200;
    private const int FreeBytes = 1 << 20;

    /// <summary>Words of the format.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>How an input falls into parts that are changed one by one, so that what surrounds them stays whole.</summary>
    public IContainer Container { get; init; } = new WholeInput();

    /// <summary>How many bytes may be allocated for each byte that is read.</summary>
    public int Factor { get; init; } = DefaultFactor;

    /// <summary>Bytes that may be allocated whatever is read.</summary>
    public long Free { get; init; } = FreeBytes;

    /// <summary>The most that reading so many bytes may allocate.</summary>
    public long MostAllocated(int length) => Free + ((long)Factor * length);
}
