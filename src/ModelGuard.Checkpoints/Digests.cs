using System.Collections.Immutable;
using System.Security.Cryptography;

namespace ModelGuard.Checkpoints;

/// <summary>Digests of files and of whole checkpoints.</summary>
public static class Digests
{
    /// <summary>SHA-256 of a file, read in a stream.</summary>
    public static byte[] Sha256OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return SHA256.HashData(stream);
    }

    /// <summary>
    /// The root digest of OpenSSF model signing v1.0 (§6.5.1): SHA-256 over the raw digests of all files, or of all their shards, ordered by
    /// the code points of their names. Reports beside a model speak about it and do not count.
    /// </summary>
    /// <param name="path">A model's folder, or a single file.</param>
    /// <param name="links">Whether links are followed: their content counts then as if it lay there.</param>
    /// <param name="cache">Digests that are known.</param>
    /// <param name="shardSize">Bytes of a shard (§6.3.2); null where each file is digested as a whole (§6.3.1).</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <returns><c>sha256:</c> and lower-case hex.</returns>
    /// <exception cref="CheckpointException">MG0265 or MG0280 as <see cref="ModelFiles.Of(string, LinkRule)"/>, MG0265 for an empty folder.</exception>
    public static string RootDigest(string path, LinkRule links, DigestCache cache, long? shardSize = null, CancellationToken cancellation = default)
    {
        var files = Files(ModelFiles.Of(path, links), cache, shardSize, cancellation);
        return files.IsEmpty ? throw new CheckpointException("MG0265", $"'{path}' holds no files to digest. Name the folder of a checkpoint.", path) : Root(files);
    }

    /// <summary>The root digest over the whole files of a model without links.</summary>
    /// <exception cref="CheckpointException">MG0265 as above.</exception>
    public static string RootDigest(string path, CancellationToken cancellation = default) => RootDigest(path, LinkRule.Refuse, DigestCache.None, cancellation: cancellation);

    /// <summary>The root digest over files that are digested already, in whatever order they come.</summary>
    public static string Root(IEnumerable<FileDigest> files) =>
        "sha256:" + Convert.ToHexStringLower(Shared.RootDigest.Of(files.SelectMany(f => f.Resources).OrderBy(r => r.Name, Shared.RootDigest.NameOrder).Select(r => r.Sha256)));

    /// <summary>All files of a model with their digests, by code points of their names.</summary>
    /// <exception cref="CheckpointException">MG0265 or MG0280 as <see cref="ModelFiles.Of(string, LinkRule)"/>.</exception>
    public static ImmutableArray<FileDigest> Files(string path, LinkRule links = LinkRule.Refuse, DigestCache? cache = null, CancellationToken cancellation = default) =>
        Files(ModelFiles.Of(path, links), cache ?? DigestCache.None, cancellation: cancellation);

    /// <summary>Files of a model with their digests, in the given order.</summary>
    /// <param name="files">The files.</param>
    /// <param name="cache">Digests that are known.</param>
    /// <param name="shardSize">Bytes of a shard; null to digest each file as a whole.</param>
    /// <param name="cancellation">Stops between two files or shards.</param>
    /// <exception cref="IOException">A file was cut off while it was read.</exception>
    public static ImmutableArray<FileDigest> Files(ImmutableArray<ModelFile> files, DigestCache cache, long? shardSize = null, CancellationToken cancellation = default)
    {
        if (shardSize is { } size) return ShardDigests.Of(files, cache, size, cancellation);
        var result = new FileDigest[files.Length];
        // Digesting is bound by the processor; files of several gigabytes are worth several of its cores.
        Concurrently.For(files.Length, i => result[i] = new FileDigest(files[i].Name, [.. cache.Sha256OfFile(files[i].Path)]), cancellation);
        return [.. result];
    }
}
