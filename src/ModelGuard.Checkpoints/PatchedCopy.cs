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
    private readonly SystemCopies copies;

    /// <summary>Begins.</summary>
    /// <param name="files">The model's files.</param>
    /// <param name="folder">The folder for the copies; it exists.</param>
    /// <param name="isLeftOut">Files that are digested and not copied.</param>
    /// <param name="cache">Digests of earlier runs.</param>
    public PatchedCopy(IEnumerable<ModelFile> files, string folder, Func<ModelFile, bool> isLeftOut, DigestCache cache)
    {
        this.cache = cache;
        entries = [.. files.OrderBy(f => f.Name, RootDigest.NameOrder).Select(f => new Entry(f, isLeftOut(f) ? null : Path.Combine(folder, f.Name), FileIdentity.Of(f.Path), cache.TryGet(f.Path)))];
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
        var total = copies.Total + entries.Where(e => e.Digest is null || PatchesOf(e).Length > 0).Sum(e => new FileInfo(e.File.Path).Length);
        ImmutableArray<(Entry Entry, CopyDigests Digests)> done = [.. entries.Select(e => (e, DigestsOf(e)))];
        copies.Wait(() => Report(0));
        foreach (var entry in entries.Where(e => e.Identity is not null))
        {
            // What was written to while it was copied is not what was digested.
            if (FileIdentity.Of(entry.File.Path) != entry.Identity) throw new IOException($"'{entry.File.Path}' was written to while it was copied. Let nothing change it meanwhile, and try again.");
            if (entry.Target is not null) Apply(PatchesOf(entry), entry.Target);
        }

        return (
            [.. done.Select(d => new FileDigest(d.Entry.File.Name, d.Digests.Source))],
            [.. done.Where(d => d.Entry.Target is not null).Select(d => new FileDigest(d.Entry.File.Name, d.Digests.Copy))]);

        CopyDigests DigestsOf(Entry entry)
        {
            var own = PatchesOf(entry);
            // Without an identity only one pass is sure to write what it digests.
            if (entry.Identity is null) return HashedCopy.Copy(entry.File.Path, entry.Target, own, Report, cancellation);
            ImmutableArray<byte> source = entry.Digest ?? [], copy = [];
            Concurrently.Invoke(
                () => source = entry.Digest ?? HashedCopy.DigestOfCopy(entry.File.Path, [], Report, cancellation),
                () => copy = own.Length == 0 ? [] : HashedCopy.DigestOfCopy(entry.File.Path, own, entry.Digest is null ? null : Report, cancellation));
            cache.Put(entry.File.Path, entry.Identity, source.AsSpan());
            return new CopyDigests(source, own.Length == 0 ? source : copy);
        }

        void Report(long bytes) => progress?.Report(new CopyProgress(Interlocked.Add(ref hashed, bytes) + copies.Done, total));

        FilePatch[] PatchesOf(Entry entry) => patches.TryGetValue(entry.File.Name, out var own) ? own : [];
    }

    /// <inheritdoc />
    public void Dispose() => copies.Dispose();

    private static void Apply(FilePatch[] patches, string target)
    {
        if (patches.Length == 0) return;
        using var handle = File.OpenHandle(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (var patch in patches) RandomAccess.Write(handle, patch.Bytes.Span, patch.Offset);
    }

    private sealed record Entry(ModelFile File, string? Target, FileIdentity? Identity, ImmutableArray<byte>? Digest);
}
