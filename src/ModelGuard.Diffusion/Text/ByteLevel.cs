using System.Text;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// The letters that stand for bytes in a byte-level vocabulary (Radford et al., 2019, section 2.2): printable bytes stand for themselves, the
/// others are numbered from U+0100 on.
/// </summary>
internal static class ByteLevel
{
    private static readonly Dictionary<char, byte> Bytes = CreateBytes();

    /// <summary>The text of a token; bytes that are no UTF-8 by themselves become U+FFFD.</summary>
    public static string Decode(string token) => Encoding.UTF8.GetString([.. token.Select(c => Bytes.TryGetValue(c, out var b) ? b : (byte)'?')]);

    private static Dictionary<char, byte> CreateBytes()
    {
        var result = new Dictionary<char, byte>();
        for (int b = 0, next = 0x100; b < 256; b++)
        {
            var isPrintable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            result[isPrintable ? (char)b : (char)next++] = (byte)b;
        }

        return result;
    }
}
