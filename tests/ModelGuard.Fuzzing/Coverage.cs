using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace ModelGuard.Fuzzing;

/// <summary>Which branches an input takes: SharpFuzz counts each step from one branch to the next in a map, as AFL does.</summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;
    private readonly byte[] seen = new byte[Size];
    private readonly byte* map;

    private Coverage() => Trace.SharedMem = map = (byte*)NativeMemory.AllocZeroed(Size);

    /// <summary>Makes the map that instrumented assemblies count in, before the first of them runs. It lives as long as the process.</summary>
    public static Coverage Begin() => new();

    /// <summary>Forgets the last input.</summary>
    public void Clear()
    {
        new Span<byte>(map, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether the last input took a step that none before it took, or took one much more often.</summary>
    public bool FoundNew()
    {
        var found = false;
        foreach (var step in Steps())
        {
            if ((seen[step.Place] & step.Bucket) != 0) continue;
            seen[step.Place] |= step.Bucket;
            found = true;
        }

        return found;
    }

    /// <summary>The steps of the last input, each with the bit of how often it was taken.</summary>
    public List<(int Place, byte Bucket)> Steps()
    {
        var steps = new List<(int, byte)>();
        var words = new ReadOnlySpan<ulong>(map, Size / sizeof(ulong));
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0) continue;
            for (var place = word * sizeof(ulong); place < (word + 1) * sizeof(ulong); place++)
            {
                if (map[place] != 0) steps.Add((place, Bucket(map[place])));
            }
        }

        return steps;
    }

    // The classes of AFL (docs/technical_details.txt, "Detecting new behaviors").
    private static byte Bucket(byte count) => count switch
    {
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
