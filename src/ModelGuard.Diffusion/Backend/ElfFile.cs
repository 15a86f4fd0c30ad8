using System.Buffers.Binary;

namespace ModelGuard.Diffusion.Backend;

/// <summary>Looks at a library before the dynamic loader does: a file that is cut off would end the process with a signal and no word.</summary>
internal static class ElfFile
{
    private const int HeaderSize = 64, ProgramHeaderSize = 56;
    private const uint SegmentLoad = 1;

    /// <summary>Accepts a 64-bit library all of whose segments and tables lie inside the file. What is no ELF file is left to the dynamic loader, which refuses it.</summary>
    /// <exception cref="BackendException">MG0002 when the file is cut off.</exception>
    public static void RequireComplete(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || !header[..4].SequenceEqual("\u007fELF"u8) || header[4] != 2 || header[5] != 1) return;

        ulong programs = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]), sections = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        ulong programSize = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]), programCount = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        ulong sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(header[58..]), sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        RequireInside(file, sections, sectionSize * sectionCount, path);
        RequireInside(file, programs, programSize * programCount, path);
        Span<byte> program = stackalloc byte[ProgramHeaderSize];
        for (ulong i = 0; i < programCount; i++)
        {
            var place = programs + (i * programSize);
            RequireInside(file, place, ProgramHeaderSize, path);
            file.Position = (long)place;
            file.ReadExactly(program);
            if (BinaryPrimitives.ReadUInt32LittleEndian(program) == SegmentLoad) RequireInside(file, BinaryPrimitives.ReadUInt64LittleEndian(program[8..]), BinaryPrimitives.ReadUInt64LittleEndian(program[32..]), path);
        }
    }

    private static void RequireInside(FileStream file, ulong offset, ulong length, string path)
    {
        var size = (ulong)file.Length;
        if (offset > size || length > size - offset)
        {
            throw new BackendException("MG0002", FormattableString.Invariant($"'{path}' is damaged or cut off: it needs {length} bytes from byte {offset} on, and the file has {size}. Reinstall the tool."));
        }
    }
}
