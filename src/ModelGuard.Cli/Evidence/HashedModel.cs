using System.Collections.Immutable;
using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Proving;

namespace ModelGuard.Cli.Evidence;

/// <summary>A model whose files are digested at most once, however many checks ask. Nothing is taken from a cache: this is about what lies here now.</summary>
internal sealed class HashedModel(string path, CancellationToken cancellation, LinkRule links = LinkRule.Refuse)
{
    private readonly Dictionary<(string Name, long? ShardSize), FileDigest> known = [];

    /// <summary>The folder, or the file.</summary>
    public string Path { get; } = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>The name in statements.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The root digest by the rule of reports: what speaks about the model does not count.</summary>
    /// <param name="shardSize">Bytes of a shard; null where each file is digested as a whole.</param>
    public string Root(long? shardSize = null) => All(shardSize).Root;

    /// <summary>All files by the same rule.</summary>
    /// <param name="shardSize">Bytes of a shard; null where each file is digested as a whole.</param>
    /// <exception cref="AttestationException">MG2017: there are none.</exception>
    public DigestedModel All(long? shardSize = null)
    {
        var files = ModelFiles.Of(Path, links);
        return files.IsEmpty
            ? throw new AttestationException("MG2017", $"'{Path}' holds no files. Name the folder of a checkpoint.")
            : new DigestedModel(Path, files, Digested(files, shardSize)) { ShardSize = shardSize };
    }

    /// <summary>Names of the files that are not left out.</summary>
    /// <exception cref="CheckpointException">MG0265: a symbolic link, a pipe, or a name that is no text.</exception>
    public ImmutableArray<ModelFile> Files(Func<string, bool> ignored) => ModelFiles.Of(Path, links, ignored);

    /// <summary>The files with their digests, in the given order.</summary>
    public ImmutableArray<FileDigest> Digested(ImmutableArray<ModelFile> files, long? shardSize)
    {
        foreach (var file in Digests.Files([.. files.Where(f => !known.ContainsKey((f.Name, shardSize)))], DigestCache.None, shardSize, cancellation)) known.Add((file.Name, shardSize), file);
        return [.. files.Select(f => known[(f.Name, shardSize)])];
    }
}
