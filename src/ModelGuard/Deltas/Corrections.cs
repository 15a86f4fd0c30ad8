namespace ModelGuard.Deltas;

/// <summary>
/// Elements that are not what was predicted. Each byte of <paramref name="Gaps"/> is the number of elements that are right before the next
/// one that is not; 255 stands for as many that are right, and no wrong one yet.
/// </summary>
/// <param name="Gaps">Where.</param>
/// <param name="Values">What they are, in the stored type.</param>
internal sealed record Corrections(ReadOnlyMemory<byte> Gaps, ReadOnlyMemory<byte> Values)
{
    private const byte Further = byte.MaxValue;

    /// <summary>Nothing is wrong.</summary>
    public static Corrections None { get; } = new(default, default);

    /// <summary>Bytes that they take.</summary>
    public int ByteLength => Gaps.Length + Values.Length;

    /// <summary>Compares two tensors.</summary>
    /// <param name="predicted">What was predicted.</param>
    /// <param name="actual">What is.</param>
    /// <param name="size">Bytes of an element.</param>
    public static Corrections Between(ReadOnlySpan<byte> predicted, ReadOnlySpan<byte> actual, int size)
    {
        var (gaps, values, gap) = (new List<byte>(), new List<byte>(), (byte)0);
        for (var at = 0; at < actual.Length; at += size)
        {
            if (!predicted.Slice(at, size).SequenceEqual(actual.Slice(at, size)))
            {
                gaps.Add(gap);
                values.AddRange(actual.Slice(at, size));
                gap = 0;
            }
            else if (++gap == Further)
            {
                gaps.Add(Further);
                gap = 0;
            }
        }

        return new Corrections(gaps.ToArray(), values.ToArray());
    }

    /// <summary>How many elements gaps tell of, and behind which element they end.</summary>
    public static (long Count, long End) Measure(ReadOnlySpan<byte> gaps)
    {
        var (count, end) = (0L, 0L);
        foreach (var gap in gaps)
        {
            end += gap == Further ? gap : gap + 1;
            if (gap != Further) count++;
        }

        return (count, end);
    }

    /// <summary>Puts the elements right.</summary>
    /// <param name="predicted">What was predicted.</param>
    /// <param name="size">Bytes of an element.</param>
    public void Apply(Span<byte> predicted, int size)
    {
        var (at, value) = (0, 0);
        foreach (var gap in Gaps.Span)
        {
            at += gap * size;
            if (gap == Further) continue;
            Values.Span.Slice(value, size).CopyTo(predicted[at..]);
            value += size;
            at += size;
        }
    }
}
