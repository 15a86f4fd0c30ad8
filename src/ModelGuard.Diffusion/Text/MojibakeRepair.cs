using System.Text;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// Puts UTF-8 that was read as Windows-1252 right again: <c>schÃ¶n</c>, <c>itâ€™s</c>. Other code pages, and sequences that lost their
/// no-break space, stay as they are; so does what may be honest typography (<c>CAFÉ’S</c>, <c>café »</c>).
/// </summary>
internal static class MojibakeRepair
{
    // The characters of the bytes 0x80 to 0x9F; where Windows-1252 has none, the control character of that number.
    private const string HighControls = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

    /// <summary>The text with every run of such sequences decoded.</summary>
    public static string Repair(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\u00C2', '\u00F4')) return text;

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var run = ReadRun(text.AsSpan(i), out var length);
            if (run.Length > 0)
            {
                result.Append(run);
                i += length;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        return result.ToString();
    }

    /// <summary>The Windows-1252 character of a C1 control character, or the character itself.</summary>
    public static char FromControl(char c) => c is >= '\u0080' and <= '\u009F' ? HighControls[c - 0x80] : c;

    // One well-formed sequence can be an accident; several in a row, or one that starts as most mojibake does, cannot.
    private static string ReadRun(ReadOnlySpan<char> text, out int length)
    {
        Span<byte> bytes = stackalloc byte[4];
        var decoded = new StringBuilder();
        var certain = false;
        var sequences = 0;
        length = 0;
        while (length < text.Length && Byte(text[length]) is >= 0xC2 and <= 0xF4)
        {
            var rest = text[length..];
            var available = 0;
            while (available < Math.Min(4, rest.Length) && Byte(rest[available]) is { } b) bytes[available++] = b;
            if (Rune.DecodeFromUtf8(bytes[..available], out var rune, out var consumed) != System.Buffers.OperationStatus.Done) break;
            certain |= rest[0] is 'Â' or 'Ã' or 'â' || consumed == 4;
            sequences++;
            decoded.Append(rune.ToString());
            length += consumed;
        }

        return certain || sequences > 1 ? decoded.ToString() : "";
    }

    private static byte? Byte(char c)
    {
        if (c <= '\u00FF') return (byte)c;
        var index = HighControls.IndexOf(c, StringComparison.Ordinal);
        return index < 0 ? null : (byte)(0x80 + index);
    }
}
