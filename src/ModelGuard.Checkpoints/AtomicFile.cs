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

    /// <summary>Writes a file beside its target and renames it when <paramref name="write"/> has returned. Reports and the like are small and are brought to the disk.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        Replace(path, write, isFlushed: true);
        FileSystem.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>The same for what can be made again: a flush would have the system write all else that waits, gigabytes of a checkpoint perhaps.</summary>
    public static void WriteUnflushed(string path, Action<Stream> write) => Replace(path, write, isFlushed: false);

    /// <summary>Writes a file that no other user can read, at no moment (where the system has such rights; Windows gives those of the folder).</summary>
    public static void WriteSecret(string path, ReadOnlySpan<byte> content)
    {
        var copy = content.ToArray();
        try
        {
            Replace(path, stream => stream.Write(copy), isFlushed: true, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        finally
        {
            Array.Clear(copy);
        }
    }

    /// <summary>Removes what killed writers left in a folder, whatever they were writing; what a live process is writing stays.</summary>
    /// <param name="folder">A folder that holds nothing but files of this tool.</param>
    public static void RemoveLeftovers(string folder) => Leftovers.Remove(Leftovers.In(folder, Leftovers.Partial));

    /// <summary>Removes what killed writers of one file left beside it; what a live process is writing stays.</summary>
    /// <param name="path">The file. Its folder may not be there.</param>
    public static void RemoveLeftoversOf(string path)
    {
        path = Path.GetFullPath(path);
        if (Directory.Exists(Path.GetDirectoryName(path))) Leftovers.Remove(Leftovers.Of(path, Leftovers.Partial));
    }

    private static void Replace(string path, Action<Stream> write, bool isFlushed, UnixFileMode? mode = null)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        Leftovers.Remove(Leftovers.Of(path, Leftovers.Partial));
        var partial = Leftovers.Claim(path, Leftovers.Partial);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 20 };
            if (mode is not null && !OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
            using (var stream = new FileStream(partial, options))
            {
                write(stream);
                if (isFlushed) stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            Leftovers.Release(partial);
        }
    }
}
