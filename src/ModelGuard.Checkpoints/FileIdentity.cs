using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ModelGuard.Checkpoints;

/// <summary>
/// What tells one content of a file from another without reading it: device, inode, size and the times of the last change of data and of
/// anything else. No program can set the last one, so a file that was changed and given its old time back has another identity.
/// </summary>
/// <param name="Device">The device.</param>
/// <param name="Inode">The file's number on it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifiedAt">Nanoseconds since 1970.</param>
/// <param name="ChangedAt">Nanoseconds since 1970.</param>
internal sealed partial record FileIdentity(ulong Device, ulong Inode, ulong Size, long ModifiedAt, long ChangedAt)
{
    private const int CurrentFolder = -100;
    private const int BufferSize = 256;
    private const uint BasicFields = 0x7FF;

    /// <summary>The identity of a file, links followed; null where the system does not tell (only Linux does here).</summary>
    public static FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux() || !BitConverter.IsLittleEndian) return null;
        try
        {
            // struct statx of linux/stat.h: inode at byte 32, size at 40, ctime at 96, mtime at 112, device at 136.
            Span<byte> buffer = stackalloc byte[BufferSize];
            if (Statx(CurrentFolder, path, 0, BasicFields, buffer) != 0) return null;
            return new FileIdentity(
                BinaryPrimitives.ReadUInt64LittleEndian(buffer[136..]),
                BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(buffer[40..]),
                Time(buffer[112..]),
                Time(buffer[96..]));
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static long Time(ReadOnlySpan<byte> bytes) => (BinaryPrimitives.ReadInt64LittleEndian(bytes) * 1_000_000_000) + BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint mask, Span<byte> buffer);
}
