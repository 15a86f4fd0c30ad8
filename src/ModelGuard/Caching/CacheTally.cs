using System.Buffers.Binary;

namespace ModelGuard.Caching;

/// <summary>Counts what all processes have written into a cache since it was last looked through, in a file of eight bytes.</summary>
internal sealed class CacheTally(string path)
{
    private readonly Lock gate = new();
    private long pending;

    /// <summary>Adds to the count and gives it; null when nobody knows how much was written before.</summary>
    public long? Add(long bytes)
    {
        lock (gate)
        {
            pending += bytes;
            // While another process counts, this one remembers what it has to add.
            if (TryOpen() is not { } file) return pending;
            using (file)
            {
                var before = Read(file);
                Write(file, (before ?? 0) + pending);
                var sum = before + pending;
                pending = 0;
                return sum;
            }
        }
    }

    /// <summary>Begins the count anew.</summary>
    public void Restart(long bytes)
    {
        lock (gate)
        {
            pending = 0;
            if (TryOpen() is not { } file) return;
            using (file) Write(file, bytes);
        }
    }

    private FileStream? TryOpen()
    {
        try
        {
            // Never written through: a link is removed.
            if (new FileInfo(path).LinkTarget is not null) File.Delete(path);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    private static long? Read(FileStream file)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        return file.Length == number.Length && file.ReadAtLeast(number, number.Length, throwOnEndOfStream: false) == number.Length && BinaryPrimitives.ReadInt64LittleEndian(number) is var sum and >= 0 and <= long.MaxValue / 2 ? sum : null;
    }

    private static void Write(FileStream file, long sum)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, sum);
        file.Position = 0;
        file.Write(number);
        file.SetLength(number.Length);
    }
}
