using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ModelGuard.Caching;

/// <summary>What a cached result depends on, as a SHA-256: two descriptions have the same key only if they are the same.</summary>
public sealed record CacheKey
{
    private CacheKey(string digest) => Digest = digest;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Digest { get; }

    /// <summary>
    /// The key of a description. Each name and each value is hashed with its length before it, so that no text can stand for two of them;
    /// the order of fields counts.
    /// </summary>
    /// <param name="fields">All that the result depends on, for example the model's digest, the prompt, the seed and the tool's version.</param>
    public static CacheKey Of(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in fields)
        {
            Append(hash, name);
            Append(hash, value);
        }

        return new CacheKey(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    // UTF-16 as it lies in memory: an encoding would make one of all texts that are no valid Unicode.
    private static void Append(IncrementalHash hash, string text)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
        hash.AppendData(length);
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }
}
