using System.Collections.Immutable;
using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>How far a copy is.</summary>
/// <param name="Done">Bytes that are copied or digested.</param>
/// <param name="Total">All bytes.</param>
public sealed record CopyProgress(long Done, long Total);

/// <summary>
/// Copies a model's files into a folder, some of them with replaced bytes, and digests both. What is replaced need not be known at the
/// start: the system copies while it is computed.
/// </summary>
public sealed class PatchedCopy : IDisposable
{
    private readonly ImmutableArray<Entry> entries;
    private readonly DigestCache cache;
    private readonly long? shardSize;
    private readonly SystemCopies copies;

    /// <summary>Begins.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="folder">The folder for the copies; it exists.</param>
    /// <param name="isLeftOut">Files that are digested and not copied.</param>
    /// <param name="cache">Digests of earlier runs.</param>
    /// <param name="shardSize">Bytes of a shard; null to digest each file as a whole.</param>
    public PatchedCopy(IEnumerable<ModelFile> files, string folder, Func<ModelFile, bool> isLeftOut, DigestCache cache, long? shardSize = null)
    {
        (this.cache, this.shardSize) = (cache, shardSize);
        entries = [.. files.OrderBy(f => f.Name, RootDigest.NameOrder).Select(f => new Entry(f, isLeftOut(f) ? null : Path.Combine(folder, f.Name), FileIdentity.Of(f.Path), FilePart.Of(f.Name, new FileInfo(f.Path).Length, shardSize), cache.TryGet(f.Path, shardSize)))];
        foreach (var target in entries.Select(e => e.Target).OfType<string>()) Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        copies = new SystemCopies(entries.Where(e => e.Identity is not null && e.Target is not null).Select(e => (e.File.Path, e.Target!)));
    }

    /// <summary>Finishes, with what is replaced.</summary>
    /// <param name="patches">File name → what is replaced in it.</param>
    /// <param name="progress">Told how many bytes of how many are done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <returns>Digests of all originals and of all copies, in the order of names.</returns>
    /// <exception cref="IOException">A file was written to while it was copied.</exception>
    public (ImmutableArray<FileDigest> Originals, ImmutableArray<FileDigest> Copies) Complete(IReadOnlyDictionary<string, FilePatch[]> patches, IProgress<CopyProgress>? progress, CancellationToken cancellation)
    {
        long hashed = 0;
        // What of an original is known, and what of its copy is the same, need not be read.
        Work[] work = [.. entries.Where(e => e.Identity is not null).SelectMany(e => e.Parts.SelectMany((p, i) => OpenWork(e, p, i, PatchesOf(e))))];
        var total = copies.Total + work.Sum(w => w.Part.Length) + entries.Where(e => e.Identity is null).Sum(e => e.Length);
        Concurrently.For(work.Length, n => work[n].Digests[work[n].Index] = HashedCopy.DigestOfCopy(work[n].Path, work[n].Part, work[n].Patches, Report, cancellation), cancellation);
        // Without an identity only one pass is sure to write what it digests.
        foreach (var entry in entries.Where(e => e.Identity is null)) entry.Take(HashedCopy.Copy(entry.File.Path, entry.Target, PatchesOf(entry), shardSize, Report, cancellation));
        copies.Wait(() => Report(0));
        foreach (var entry in entries.Where(e => e.Identity is not null))
        {
            // What was written to while it was copied is not what was digested.
            if (FileIdentity.Of(entry.File.Path) != entry.Identity) throw new IOException($"'{entry.File.Path}' was written to while it was copied. Let nothing change it meanwhile, and try again.");
            cache.Put(entry.File.Path, entry.Identity, shardSize, [.. entry.Source]);
            if (entry.Target is not null) Apply(PatchesOf(entry), entry.Target);
        }

        return ([.. entries.Select(e => e.Digest(e.Source))], [.. entries.Where(e => e.Target is not null).Select(e => e.Digest([.. e.Source.Zip(e.Copy, (s, c) => c.IsDefault ? s : c)]))]);

        void Report(long bytes) => progress?.Report(new CopyProgress(Interlocked.Add(ref hashed, bytes) + copies.Done, total));

        FilePatch[] PatchesOf(Entry entry) => patches.TryGetValue(entry.File.Name, out var own) ? own : [];
    }

    /// <inheritdoc />
    public void Dispose() => copies.Dispose();

    private static IEnumerable<Work> OpenWork(Entry entry, FilePart part, int index, FilePatch[] patches)
    {
        if (entry.Source[index].IsDefault) yield return new Work(entry.File.Path, part, [], entry.Source, index);
        if (Array.Exists(patches, part.IsChangedBy)) yield return new Work(entry.File.Path, part, patches, entry.Copy, index);
    }

    private static void Apply(FilePatch[] patches, string target)
    {
        if (patches.Length == 0) return;
        using var handle = File.OpenHandle(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (var patch in patches) RandomAccess.Write(handle, patch.Bytes.Span, patch.Offset);
    }

    /// <summary>A part to digest, and where its digest goes.</summary>
    private sealed record Work(string Path, FilePart Part, FilePatch[] Patches, ImmutableArray<byte>[] Digests, int Index);

    private sealed class Entry(ModelFile file, string? target, FileIdentity? identity, ImmutableArray<FilePart> parts, ImmutableArray<ImmutableArray<byte>>? known)
    {
        public ModelFile File => file;

        public string? Target => target;

        public FileIdentity? Identity => identity;

        public ImmutableArray<FilePart> Parts => parts;

        public long Length => parts.Sum(p => p.Length);

        /// <summary>Digests of the original's parts, as far as they are known.</summary>
        public ImmutableArray<byte>[] Source { get; } = known?.Length == parts.Length ? [.. known] : new ImmutableArray<byte>[parts.Length];

        /// <summary>Digests of those parts of the copy that are others than the original's.</summary>
        public ImmutableArray<byte>[] Copy { get; } = new ImmutableArray<byte>[parts.Length];

        public void Take(CopyDigests digests)
        {
            digests.Source.CopyTo(Source);
            digests.Copy.CopyTo(Copy);
        }

        public FileDigest Digest(ImmutableArray<byte>[] digests) => new(file.Name, [.. parts.Zip(digests, (p, d) => new ResourceDigest(p.Name, d))]);
    }
}
