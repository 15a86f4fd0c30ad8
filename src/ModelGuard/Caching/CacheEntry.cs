using System.Security.Cryptography;

namespace ModelGuard.Caching;

/// <summary>One entry as a file: SHA-256 over the key and the content, then the content. An entry under another's name is as damaged as one with a changed byte.</summary>
internal static class CacheEntry
{
    /// <summary>Bytes before the content.</summary>
    public const int HeaderLength = SHA256.HashSizeInBytes;

    /// <summary>The bytes of an entry's file.</summary>
    public static byte[] Seal(CacheKey key, ReadOnlySpan<byte> content)
    {
        var entry = new byte[HeaderLength + content.Length];
        content.CopyTo(entry.AsSpan(HeaderLength));
        Hash(key, content, entry);
        return entry;
    }

    /// <summary>The content of an entry's file; null for a damaged one.</summary>
    public static byte[]? Open(CacheKey key, ReadOnlySpan<byte> entry)
    {
        if (entry.Length < HeaderLength) return null;
        Span<byte> digest = stackalloc byte[HeaderLength];
        Hash(key, entry[HeaderLength..], digest);
        return digest.SequenceEqual(entry[..HeaderLength]) ? entry[HeaderLength..].ToArray() : null;
    }

    private static void Hash(CacheKey key, ReadOnlySpan<byte> content, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(key.Digest));
        hash.AppendData(content);
        hash.GetHashAndReset(digest);
    }
}
