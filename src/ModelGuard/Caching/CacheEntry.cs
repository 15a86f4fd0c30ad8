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

    /// <summary>The content of an entry's file; null for a damaged one. It is read into place: of some megabytes each copy takes a millisecond.</summary>
    public static byte[]? Read(CacheKey key, FileInfo entry)
    {
        // A named pipe has no length; to open it would take for ever.
        if (entry.Length < HeaderLength) return null;
        using var file = entry.OpenRead();
        // Another process may have replaced it meanwhile.
        if (file.Length is < HeaderLength or > int.MaxValue) return null;
        Span<byte> stored = stackalloc byte[HeaderLength], computed = stackalloc byte[HeaderLength];
        var content = GC.AllocateUninitializedArray<byte>((int)file.Length - HeaderLength);
        if (file.ReadAtLeast(stored, HeaderLength, throwOnEndOfStream: false) < HeaderLength || file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length) return null;
        Hash(key, content, computed);
        return computed.SequenceEqual(stored) ? content : null;
    }

    private static void Hash(CacheKey key, ReadOnlySpan<byte> content, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(key.Digest));
        hash.AppendData(content);
        hash.GetHashAndReset(digest);
    }
}
