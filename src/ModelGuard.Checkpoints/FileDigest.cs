using System.Collections.Immutable;
using System.Security.Cryptography;

namespace ModelGuard.Checkpoints;

/// <summary>What of a model has a digest of its own: a file, or a shard of one.</summary>
/// <param name="Name">Path relative to the model, with forward slashes; of a shard <c>path:start:end</c> (OpenSSF model signing v1.0 §6.3.2).</param>
/// <param name="Sha256">The digest.</param>
public sealed record ResourceDigest(string Name, ImmutableArray<byte> Sha256);

/// <summary>One file of a model with its SHA-256.</summary>
/// <param name="Name">Path relative to the model, with forward slashes.</param>
/// <param name="Resources">The file as a whole, or its shards from first to last, of which an empty file has none.</param>
public sealed record FileDigest(string Name, ImmutableArray<ResourceDigest> Resources)
{
    /// <summary>A file as a whole.</summary>
    public FileDigest(string name, ImmutableArray<byte> sha256)
        : this(name, [new ResourceDigest(name, sha256)])
    {
    }

    /// <summary>A file of this content.</summary>
    /// <param name="name">Path relative to the model.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="shardSize">Bytes of a shard; null to digest the file as a whole.</param>
    public static FileDigest OfContent(string name, byte[] content, long? shardSize) =>
        new(name, [.. FilePart.Of(name, content.Length, shardSize).Select(p => new ResourceDigest(p.Name, [.. SHA256.HashData(content.AsSpan((int)p.Start, (int)p.Length))]))]);

    /// <summary>Whether another file, digested in the same way, has the same content.</summary>
    public bool HasContentOf(FileDigest other) => Resources.Length == other.Resources.Length && Resources.Zip(other.Resources).All(r => r.First.Sha256.AsSpan().SequenceEqual(r.Second.Sha256.AsSpan()));
}
