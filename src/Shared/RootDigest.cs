using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ModelGuard.Shared;

/// <summary>
/// The root digest of OpenSSF model signing v1.0. Checkpoints compute it over files, attestations over what a signature lists, and neither
/// project refers to the other: the source is compiled into both, so that there is one.
/// </summary>
internal static class RootDigest
{
    /// <summary>The order of names (§6.3): by code points. UTF-8 bytes order as code points do; UTF-16 units would not above U+FFFF.</summary>
    public static Comparer<string> NameOrder { get; } = Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));

    /// <summary>SHA-256 over the raw digests of all files, one after another (§6.5.1).</summary>
    public static byte[] Of(IEnumerable<ImmutableArray<byte>> digests)
    {
        using var root = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var digest in digests) root.AppendData(digest.AsSpan());
        return root.GetHashAndReset();
    }
}
