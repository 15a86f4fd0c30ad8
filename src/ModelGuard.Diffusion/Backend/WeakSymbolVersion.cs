using System.Buffers.Binary;
using System.Text;

namespace ModelGuard.Diffusion.Backend;

/// <summary>
/// Marks one required symbol version of an ELF64 library as weak, so that the dynamic loader accepts a system library that lacks it.
/// Source: System V gABI, "Symbol versioning": <c>Elfxx_Verneed</c> / <c>Elfxx_Vernaux</c>, flag <c>VER_FLG_WEAK</c>.
/// </summary>
internal static class WeakSymbolVersion
{
    private const uint SectionTypeVerneed = 0x6FFFFFFE;
    private const byte FlagWeak = 2;
    private const int HeaderSize = 64, SectionHeaderSize = 64, NeedSize = 16, AuxSize = 16;

    /// <summary>Sets the flag in <paramref name="elf"/> and returns how many entries were changed.</summary>
    /// <exception cref="BackendException">MG0002 when the bytes are no such library, or a table points past their end; <paramref name="path"/> is named.</exception>
    public static int Mark(Span<byte> elf, string version, string path)
    {
        if (elf.Length < HeaderSize || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1)
        {
            throw new BackendException("MG0002", FormattableString.Invariant($"'{path}' ({elf.Length} bytes) is no 64-bit ELF library. Reinstall the tool."));
        }

        var sections = BinaryPrimitives.ReadUInt64LittleEndian(elf[40..]);
        uint size = BinaryPrimitives.ReadUInt16LittleEndian(elf[58..]), count = BinaryPrimitives.ReadUInt16LittleEndian(elf[60..]);
        var name = Encoding.ASCII.GetBytes(version + '\0');
        var marked = 0;
        for (uint i = 0; i < count; i++)
        {
            var section = At(elf, sections + (i * size), SectionHeaderSize, path);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionTypeVerneed) continue;
            var linked = At(elf, sections + ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(section[40..]) * size), SectionHeaderSize, path);
            marked += MarkSection(elf, BinaryPrimitives.ReadUInt64LittleEndian(section[24..]), BinaryPrimitives.ReadUInt64LittleEndian(linked[24..]), name, path);
        }

        return marked;
    }

    // Entries are chained by the distance to the next one, and 0 ends a chain. Distances are positive: every chain ends.
    private static int MarkSection(Span<byte> elf, ulong need, ulong strings, ReadOnlySpan<byte> version, string path)
    {
        var marked = 0;
        for (uint nextNeed = 1; nextNeed > 0; need += nextNeed)
        {
            var entry = At(elf, need, NeedSize, path);
            nextNeed = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            var aux = need + BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            for (uint nextAux = 1; nextAux > 0; aux += nextAux)
            {
                var required = At(elf, aux, AuxSize, path);
                nextAux = BinaryPrimitives.ReadUInt32LittleEndian(required[12..]);
                var name = At(elf, strings + BinaryPrimitives.ReadUInt32LittleEndian(required[8..]), 0, path);
                if (!name.StartsWith(version) || (required[4] & FlagWeak) != 0) continue;
                required[4] |= FlagWeak;
                marked++;
            }
        }

        return marked;
    }

    private static Span<byte> At(Span<byte> elf, ulong offset, int length, string path) => offset <= (ulong)elf.Length && length <= elf.Length - (int)offset
        ? elf[(int)offset..]
        : throw new BackendException("MG0002", FormattableString.Invariant($"'{path}' is damaged or cut off: one of its tables lies at byte {offset}, and the file has {elf.Length} bytes. Reinstall the tool."));
}
