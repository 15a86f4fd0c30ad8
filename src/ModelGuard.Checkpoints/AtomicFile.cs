namespace ModelGuard.Checkpoints;

/// <summary>Files that appear whole or not at all. A link at the target is replaced, never written through.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside its target and renames it.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        // A span cannot be captured by the callback below.
        var copy = content.ToArray();
        Write(path, stream => stream.Write(copy));
    }

    /// <summary>Writes a file beside its target and renames it when <paramref name="write"/> has returned.</summary>
    public static void Write(string path, Action<Stream> write) => Replace(path, partial =>
    {
        using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        write(stream);
        stream.Flush(flushToDisk: true);
    });

    /// <summary>Lets <paramref name="make"/> create and flush a file under a name of its own beside the target, then renames it.</summary>
    internal static void Replace(string path, Action<string> make)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        Leftovers.Remove(Leftovers.Of(path, Leftovers.Partial));
        var partial = Leftovers.Claim(path, Leftovers.Partial);
        try
        {
            make(partial);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            Leftovers.Release(partial);
        }

        FileSystem.FlushFolder(folder);
    }
}
