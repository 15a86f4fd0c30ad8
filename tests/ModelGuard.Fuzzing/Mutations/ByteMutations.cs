using System.Buffers.Binary;
using System.Text;

namespace ModelGuard.Fuzzing.Mutations;

/// <summary>Changes of bytes, whatever they mean.</summary>
internal static class ByteMutations
{
    private const int MostRepetitions = 2000;
    private static readonly long[] Edges = [0, 1, -1, 7, 8, 127, 128, 255, 256, 32767, 65535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 100_000_000, 100_000_001];

    /// <summary>One change.</summary>
    /// <param name="input">What is changed; it stays as it is.</param>
    /// <param name="other">Another input, to take from.</param>
    /// <param name="words">Words of the format.</param>
    /// <param name="random">Chooses.</param>
    public static byte[] Change(byte[] input, byte[] other, IReadOnlyList<string> words, SeededNumbers random)
    {
        var at = random.Below(input.Length + 1);
        var length = Length(input.Length - at, random);
        return random.Below(9) switch
        {
            0 => Overwrite(input, at, [(byte)(At(input, at) ^ (1 << random.Below(8)))]),
            1 => Overwrite(input, at, [(byte)random.Below(256)]),
            2 => [.. input[..at], .. input[(at + length)..]],
            3 => [.. input[..(at + length)], .. input[at..]],
            4 => [.. input[..at], .. Encoding.UTF8.GetBytes(random.Of(words)), .. input[at..]],
            5 => Overwrite(input, at, Number(random)),
            6 => [.. input[..at], .. Slice(other, random), .. input[(at + length)..]],
            7 => [.. input[..at], .. Repeat(input[at..(at + length)], random), .. input[(at + length)..]],
            _ => input[..at],
        };
    }

    private static byte At(byte[] input, int at) => at < input.Length ? input[at] : (byte)0;

    // Short runs find more than long ones, and long ones find what short ones cannot.
    private static int Length(int most, SeededNumbers random) => random.Below(Math.Min(most, random.OneIn(4) ? most : 16) + 1);

    private static byte[] Slice(byte[] other, SeededNumbers random)
    {
        var at = random.Below(other.Length + 1);
        return other[at..(at + Length(other.Length - at, random))];
    }

    private static byte[] Overwrite(byte[] input, int at, byte[] with)
    {
        var result = input.ToArray();
        with.AsSpan(0, Math.Min(with.Length, result.Length - at)).CopyTo(result.AsSpan(at));
        return result;
    }

    // A length, a count or an offset, in the sizes and orders that formats have.
    private static byte[] Number(SeededNumbers random)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, random.Of(Edges));
        var result = bytes[..(1 << random.Below(4))];
        if (random.OneIn(2)) Array.Reverse(result);
        return result;
    }

    private static byte[] Repeat(byte[] slice, SeededNumbers random)
    {
        var count = random.OneIn(4) ? random.Below(MostRepetitions) : random.Below(8);
        return [.. Enumerable.Repeat(slice, count).SelectMany(s => s)];
    }
}
