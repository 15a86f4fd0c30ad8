using System.Runtime.InteropServices;

namespace ModelGuard.Checkpoints;

/// <summary>What the file system can do and .NET does not offer.</summary>
internal static partial class FileSystem
{
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;
    private const int ReadOnly = 0;
    private const int CurrentPosition = 1;

    /// <summary>Swaps two folders atomically (Linux 3.15, <c>renameat2</c> with <c>RENAME_EXCHANGE</c>); false where that does not exist.</summary>
    public static bool TryExchange(string first, string second)
    {
        if (!OperatingSystem.IsLinux()) return false;
        try
        {
            return Rename(CurrentFolder, first, CurrentFolder, second, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a file is there; a link counts as what it points to. <see cref="File.Exists"/> is true for a link to nothing, and .NET resolves
    /// links by their text, which fails below a folder that is a link itself.
    /// </summary>
    public static bool Exists(string path) => File.Exists(path) && (OperatingSystem.IsWindows() || Access(path, 0) == 0);

    /// <summary>Whether a path is a named pipe: opening one waits for a writer, perhaps for ever.</summary>
    public static bool IsPipe(string path)
    {
        if (OperatingSystem.IsWindows()) return false;
        // O_NONBLOCK; what cannot be opened at all fails with the system's own message later.
        var descriptor = Open(path, ReadOnly | (OperatingSystem.IsLinux() ? 0x800 : 0x4));
        if (descriptor < 0) return false;
        var position = Seek(descriptor, 0, CurrentPosition);
        _ = Close(descriptor);
        return position < 0;
    }

    /// <summary>Brings a folder's entries to the disk.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) return;
        _ = Sync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "lseek")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Seek(int descriptor, long offset, int from);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
