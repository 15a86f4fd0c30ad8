using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ModelGuard.Checkpoints;

/// <summary>Bytes that replace others of the same number.</summary>
/// <param name="Offset">Where, from the start of the file.</param>
/// <param name="Bytes">What.</param>
public sealed record FilePatch(long Offset, ReadOnlyMemory<byte> Bytes);

/// <summary>SHA-256 of a file and of its patched copy, from its first part to its last.</summary>
/// <param name="Source">The digests of what was read.</param>
/// <param name="Copy">The digests of what was written.</param>
public sealed record CopyDigests(ImmutableArray<ImmutableArray<byte>> Source, ImmutableArray<ImmutableArray<byte>> Copy);

/// <summary>
/// Copies a file and digests it in one pass: what is written is what was hashed, even if the source changes meanwhile, and the data pass
/// through the processor once. Reading ahead, hashing and writing overlap.
/// </summary>
public static class HashedCopy
{
    // Large enough that starting three pieces of work does not count, on a busy machine either.
    private const int BlockSize = 4 << 20;

    // What is only digested is read where the system has it, a window at a time, so that it does not stay in this process's memory.
    private const int WindowSize = 8 << 20;

    /// <summary>Copies <paramref name="source"/> to a new file <paramref name="target"/>; with a null target it is only read.</summary>
    /// <param name="source">The file to copy.</param>
    /// <param name="target">The file to create; null to digest alone.</param>
    /// <param name="patches">What is replaced, within the file's length.</param>
    /// <param name="shardSize">Bytes of each part that is digested by itself; null for the file as a whole.</param>
    /// <param name="progress">Told how many bytes are done, block by block.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static CopyDigests Copy(string source, string? target, IReadOnlyList<FilePatch> patches, long? shardSize = null, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        using var input = File.OpenHandle(source, options: FileOptions.SequentialScan);
        var length = RandomAccess.GetLength(input);
        RequireInside(source, length, patches);
        // The space is claimed at once: a full disk shows before the work, not after it.
        using var output = target is null ? null : File.OpenHandle(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, length);
        var digests = FilePart.Of("", length, shardSize).Select(part => CopyPart(input, output, part, patches, progress, cancellation)).ToArray();
        return new CopyDigests([.. digests.Select(d => d.Source)], [.. digests.Select(d => d.Copy)]);
    }

    /// <summary>The digests that a patched copy of a file has. Of what no patch changes they are the original's.</summary>
    /// <param name="file">The original.</param>
    /// <param name="original">Its digests.</param>
    /// <param name="shardSize">Bytes of a shard, as in these; null for the file as a whole.</param>
    /// <param name="patches">What is replaced, within the file's length.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static FileDigest DigestOfCopy(ModelFile file, FileDigest original, long? shardSize, IReadOnlyList<FilePatch> patches, CancellationToken cancellation = default) => original with
    {
        Resources = [.. FilePart.Of(file.Name, new FileInfo(file.Path).Length, shardSize).Zip(original.Resources, (p, r) => patches.Any(p.IsChangedBy) ? r with { Sha256 = DigestOfCopy(file.Path, p, patches, null, cancellation) } : r)],
    };

    /// <summary>The digest that a part of a patched copy has, without making one. One thread does it all: others may be busy with other parts, or with the copy itself.</summary>
    internal static unsafe ImmutableArray<byte> DigestOfCopy(string source, FilePart part, IReadOnlyList<FilePatch> patches, Action<long>? progress, CancellationToken cancellation)
    {
        RequireInside(source, new FileInfo(source).Length, patches);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // An empty file cannot be mapped.
        using var map = part.Length == 0 ? null : MemoryMappedFile.CreateFromFile(source, FileMode.Open, mapName: null, 0, MemoryMappedFileAccess.Read);
        var end = part.Start + part.Length;
        for (var position = part.Start; position < end; position += WindowSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var size = (int)Math.Min(WindowSize, end - position);
            using var view = map!.CreateViewAccessor(position, size, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                var window = new ReadOnlySpan<byte>(start + view.PointerOffset, size);
                hash.AppendData(Patch(window, position, patches) ?? window);
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            progress?.Invoke(size);
        }

        return [.. hash.GetHashAndReset()];
    }

    private static (ImmutableArray<byte> Source, ImmutableArray<byte> Copy) CopyPart(SafeFileHandle input, SafeFileHandle? output, FilePart part, IReadOnlyList<FilePatch> patches, Action<long>? progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // Of what is replaced the source has other bytes: from there on it needs a digest of its own.
        IncrementalHash? unpatched = null;
        try
        {
            var end = part.Start + part.Length;
            byte[] block = new byte[BlockSize], ahead = new byte[BlockSize];
            var count = RandomAccess.Read(input, Within(block, part.Start), part.Start);
            for (var position = part.Start; count > 0;)
            {
                cancellation.ThrowIfCancellationRequested();
                var (here, at, size) = (block, position, count);
                var patched = Patch(here.AsSpan(0, size), at, patches);
                if (patched is not null) unpatched ??= hash.Clone();
                var written = patched ?? here;
                var next = 0;
                Concurrently.Invoke(
                    () => hash.AppendData(written, 0, size),
                    () => unpatched?.AppendData(here, 0, size),
                    () =>
                    {
                        if (output is not null) RandomAccess.Write(output, written.AsSpan(0, size), at);
                        next = RandomAccess.Read(input, Within(ahead, at + size), at + size);
                    });
                progress?.Invoke(size);
                position += size;
                count = next;
                (block, ahead) = (ahead, block);
            }

            ImmutableArray<byte> copy = [.. hash.GetHashAndReset()];
            return (unpatched is null ? copy : [.. unpatched.GetHashAndReset()], copy);

            Span<byte> Within(byte[] buffer, long from) => buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - from));
        }
        finally
        {
            unpatched?.Dispose();
        }
    }

    private static void RequireInside(string source, long length, IReadOnlyList<FilePatch> patches)
    {
        if (patches.Any(p => p.Offset < 0 || p.Offset > length - p.Bytes.Length)) throw new ArgumentException($"A patch lies outside '{source}'.", nameof(patches));
    }

    /// <summary>A copy of the block with what replaces parts of it; null when nothing does.</summary>
    private static byte[]? Patch(ReadOnlySpan<byte> block, long position, IReadOnlyList<FilePatch> patches)
    {
        byte[]? result = null;
        foreach (var patch in patches)
        {
            var (from, to) = (Math.Max(patch.Offset, position), Math.Min(patch.Offset + patch.Bytes.Length, position + block.Length));
            if (from >= to) continue;
            result ??= block.ToArray();
            patch.Bytes.Span[(int)(from - patch.Offset)..(int)(to - patch.Offset)].CopyTo(result.AsSpan((int)(from - position)));
        }

        return result;
    }
}
