using System.Security.Cryptography;

namespace ModelGuard.Attestations.Keys;

/// <summary>The blocks of a PEM text (RFC 7468); text around them is passed over.</summary>
internal static class PemBlocks
{
    /// <summary>The content of the first block with one of the labels; null where there is none. Whoever asks clears it if it is secret.</summary>
    public static (string Label, byte[] Content)? First(ReadOnlySpan<char> pem, params ReadOnlySpan<string> labels)
    {
        while (PemEncoding.TryFind(pem, out var fields))
        {
            var label = pem[fields.Label].ToString();
            if (labels.Contains(label))
            {
                var content = new byte[fields.DecodedDataLength];
                return Convert.TryFromBase64Chars(pem[fields.Base64Data], content, out _) ? (label, content) : null;
            }

            pem = pem[fields.Location.End..];
        }

        return null;
    }
}
