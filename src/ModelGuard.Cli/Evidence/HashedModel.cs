using System.Collections.Immutable;
using ModelGuard.Attestations;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Checkpoints;
using ModelGuard.Proving;

namespace ModelGuard.Cli.Evidence;

/// <summary>A model whose files are digested at most once, however many checks ask. Nothing is taken from a cache: this is about what lies here now.</summary>
internal sealed class HashedModel(string path, CancellationToken cancellation, LinkRule links = LinkRule.Refuse)
{
    private readonly Dictionary<string, ImmutableArray<byte>> known = new(StringComparer.Ordinal);

    /// <summary>The folder, or the file.</summary>
    public string Path { get; } = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    /// <summary>The name in statements.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The root digest by the rule of reports: what speaks about the model does not count.</summary>
    public string Root => All().Root;

    /// <summary>All files by the same rule.</summary>
    /// <exception cref="AttestationException">MG2017: there are none.</exception>
    public DigestedModel All()
    {
        var files = ModelFiles.Of(Path, links);
        return files.IsEmpty
            ? throw new AttestationException("MG2017", $"'{Path}' holds no files. Name the folder of a checkpoint.")
            : new DigestedModel(Path, files, [.. Digested(files).Select(f => new FileDigest(f.Name, f.Sha256))]);
    }

    /// <summary>Names of the files that are not left out.</summary>
    /// <exception cref="CheckpointException">MG0265: a symbolic link, a pipe, or a name that is no text.</exception>
    public ImmutableArray<ModelFile> Files(Func<string, bool> ignored) => ModelFiles.Of(Path, links, ignored);

    /// <summary>The files with their digests, in the given order.</summary>
    public ImmutableArray<SignedFile> Digested(ImmutableArray<ModelFile> files)
    {
        foreach (var file in Digests.Files([.. files.Where(f => !known.ContainsKey(f.Name))], DigestCache.None, cancellation)) known.Add(file.Name, file.Sha256);
        return [.. files.Select(f => new SignedFile(f.Name, known[f.Name]))];
    }
}
