using ModelGuard.Checkpoints;

namespace ModelGuard.Proving;

/// <summary>Compares two files but for some ranges of bytes.</summary>
internal static class FileRanges
{
    private const int BlockSize = 4 << 20;

    /// <summary>Where the first byte outside the ranges differs; null where none does. The shorter file differs where it ends.</summary>
    /// <param name="first">A file.</param>
    /// <param name="second">Another.</param>
    /// <param name="except">Ranges that are not compared, as what is replaced in them.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static long? FirstDifference(string first, string second, IEnumerable<FilePatch> except, CancellationToken cancellation)
    {
        using var a = File.OpenHandle(first);
        using var b = File.OpenHandle(second);
        var (lengthOfA, lengthOfB) = (RandomAccess.GetLength(a), RandomAccess.GetLength(b));
        var length = Math.Min(lengthOfA, lengthOfB);
        byte[] blockOfA = new byte[BlockSize], blockOfB = new byte[BlockSize];
        long position = 0;
        foreach (var patch in except.OrderBy(p => p.Offset).Append(new FilePatch(length, default)))
        {
            var end = Math.Min(patch.Offset, length);
            for (; position < end; position += BlockSize)
            {
                cancellation.ThrowIfCancellationRequested();
                var size = (int)Math.Min(BlockSize, end - position);
                Fill(a, blockOfA.AsSpan(0, size), position);
                Fill(b, blockOfB.AsSpan(0, size), position);
                var same = blockOfA.AsSpan(0, size).CommonPrefixLength(blockOfB.AsSpan(0, size));
                if (same < size) return position + same;
            }

            position = patch.Offset + patch.Bytes.Length;
        }

        return lengthOfA == lengthOfB ? null : length;
    }

    private static void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> block, long position)
    {
        while (!block.IsEmpty)
        {
            var count = RandomAccess.Read(file, block, position);
            if (count == 0) throw new EndOfStreamException("A file became shorter while it was compared. Let nothing change the models meanwhile, and try again.");
            block = block[count..];
            position += count;
        }
    }
}
