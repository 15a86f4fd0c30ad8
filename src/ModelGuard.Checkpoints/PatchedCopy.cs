using System.Collections.Immutable;

namespace ModelGuard.Checkpoints;

/// <summary>How far a copy is.</summary>
/// <param name="Done">Bytes that are copied or digested.</param>
/// <param name="Total">All bytes.</param>
public sealed record CopyProgress(long Done, long Total);

/// <summary>
/// Copies a model's files into a folder, some of them with replaced bytes, and digests both. What is replaced need not be known at the
/// start: files whose digests are in the cache are copied while it is computed.
/// </summary>
public sealed class PatchedCopy : IDisposable
{
    private readonly List<Known> known = [];
    private readonly List<(ModelFile File, string? Target)> unknown = [];
    private readonly DigestCache cache;
    private readonly SystemCopies copies;

    /// <summary>Begins.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="folder">The folder for the copies; it exists.</param>
    /// <param name="isLeftOut">Files that are digested and not copied.</param>
    /// <param name="cache">Digests of earlier runs.</param>
    public PatchedCopy(IEnumerable<ModelFile> files, string folder, Func<ModelFile, bool> isLeftOut, DigestCache cache)
    {
        this.cache = cache;
        foreach (var file in files)
        {
            var target = isLeftOut(file) ? null : Path.Combine(folder, file.Name);
            if (target is not null) Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            var identity = FileIdentity.Of(file.Path);
            if (cache.TryGet(file.Path) is { } digest) known.Add(new Known(file, target, identity, digest));
            else unknown.Add((file, target));
        }

        copies = new SystemCopies(known.Where(k => k.Target is not null).Select(k => (k.File.Path, k.Target!)));
    }

    /// <summary>Finishes, with what is replaced.</summary>
    /// <param name="patches">File name → what is replaced in it.</param>
    /// <param name="progress">Told how many bytes of how many are done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <returns>Digests of all originals and of all copies, in the order of names.</returns>
    public (ImmutableArray<FileDigest> Originals, ImmutableArray<FileDigest> Copies) Complete(IReadOnlyDictionary<string, FilePatch[]> patches, IProgress<CopyProgress>? progress, CancellationToken cancellation)
    {
        long hashed = 0;
        var total = copies.Total + unknown.Concat(known.Where(k => PatchesOf(k.File).Length > 0).Select(k => (k.File, k.Target))).Sum(f => new FileInfo(f.File.Path).Length);
        var digests = new Dictionary<string, CopyDigests>(StringComparer.Ordinal);
        foreach (var file in known)
        {
            var own = PatchesOf(file.File);
            digests[file.File.Name] = own.Length == 0 ? new CopyDigests(file.Digest, file.Digest) : HashedCopy.Copy(file.File.Path, null, own, file.Digest, Report, cancellation);
        }

        foreach (var (file, target) in unknown)
        {
            var identity = FileIdentity.Of(file.Path);
            var result = digests[file.Name] = HashedCopy.Copy(file.Path, target, PatchesOf(file), null, Report, cancellation);
            cache.Put(file.Path, identity, result.Source.AsSpan());
        }

        copies.Wait(() => Report(0));
        foreach (var file in known)
        {
            // What was written to while it was copied is not what the cache knows.
            if (FileIdentity.Of(file.File.Path) != file.Identity) throw new IOException($"'{file.File.Path}' was written to while it was copied. Let nothing change it meanwhile, and try again.");
            if (file.Target is not null) Apply(PatchesOf(file.File), file.Target);
        }

        ImmutableArray<(ModelFile File, string? Target)> all = [.. known.Select(k => (k.File, k.Target)).Concat(unknown).OrderBy(f => f.File.Name, ModelFiles.NameOrder)];
        return (
            [.. all.Select(f => new FileDigest(f.File.Name, digests[f.File.Name].Source))],
            [.. all.Where(f => f.Target is not null).Select(f => new FileDigest(f.File.Name, digests[f.File.Name].Copy))]);

        void Report(long bytes)
        {
            hashed += bytes;
            progress?.Report(new CopyProgress(hashed + copies.Done, total));
        }

        FilePatch[] PatchesOf(ModelFile file) => patches.TryGetValue(file.Name, out var own) ? own : [];
    }

    /// <inheritdoc />
    public void Dispose() => copies.Dispose();

    private static void Apply(FilePatch[] patches, string target)
    {
        if (patches.Length == 0) return;
        using var handle = File.OpenHandle(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (var patch in patches) RandomAccess.Write(handle, patch.Bytes.Span, patch.Offset);
    }

    private sealed record Known(ModelFile File, string? Target, FileIdentity? Identity, ImmutableArray<byte> Digest);
}
