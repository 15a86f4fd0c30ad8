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

    /// <summary>Sets the flag in <paramref name="elf"/> and returns how many entries were changed; 0 when the file is not such a library.</summary>
    public static int Mark(Span<byte> elf, string version)
    {
        if (elf.Length < 64 || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1) return 0;

        var sections = checked((int)BinaryPrimitives.ReadInt64LittleEndian(elf[40..]));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(elf[58..]), count = BinaryPrimitives.ReadUInt16LittleEndian(elf[60..]);
        var marked = 0;
        for (var i = 0; i < count; i++)
        {
            var section = elf.Slice(sections + (i * size), size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionTypeVerneed) continue;
            var linked = BinaryPrimitives.ReadInt32LittleEndian(section[40..]);
            var strings = checked((int)BinaryPrimitives.ReadInt64LittleEndian(elf.Slice(sections + (linked * size), size)[24..]));
            marked += MarkSection(
                elf,
                checked((int)BinaryPrimitives.ReadInt64LittleEndian(section[24..])),
                BinaryPrimitives.ReadInt32LittleEndian(section[44..]),
                strings,
                Encoding.ASCII.GetBytes(version));
        }

        return marked;
    }

    private static int MarkSection(Span<byte> elf, int need, int entries, int strings, ReadOnlySpan<byte> version)
    {
        var marked = 0;
        for (var i = 0; i < entries; i++)
        {
            var aux = need + BinaryPrimitives.ReadInt32LittleEndian(elf[(need + 8)..]);
            for (var j = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]); j > 0; j--)
            {
                var name = elf[(strings + BinaryPrimitives.ReadInt32LittleEndian(elf[(aux + 8)..]))..];
                if (name.StartsWith(version) && name[version.Length] == 0)
                {
                    elf[aux + 4] |= FlagWeak;
                    marked++;
                }

                aux += BinaryPrimitives.ReadInt32LittleEndian(elf[(aux + 12)..]);
            }

            need += BinaryPrimitives.ReadInt32LittleEndian(elf[(need + 12)..]);
        }

        return marked;
    }
}
