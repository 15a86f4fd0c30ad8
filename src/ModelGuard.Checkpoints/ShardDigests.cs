using System.Collections.Immutable;
using System.Security.Cryptography;

namespace ModelGuard.Checkpoints;

/// <summary>Digests of files shard by shard (OpenSSF model signing v1.0 §6.3.2), on all cores, however few files there are.</summary>
internal static class ShardDigests
{
    private const int BufferSize = 1 << 20;

    /// <summary>Files with their shards, in the given order.</summary>
    /// <param name="files">The files.</param>
    /// <param name="cache">Digests that are known.</param>
    /// <param name="shardSize">Bytes of each shard but the last of a file.</param>
    /// <param name="cancellation">Stops between two shards.</param>
    /// <exception cref="IOException">A file was cut off while it was read.</exception>
    public static ImmutableArray<FileDigest> Of(ImmutableArray<ModelFile> files, DigestCache cache, long shardSize, CancellationToken cancellation)
    {
        var all = files.Select(f => new Sharded(f, FileIdentity.Of(f.Path), FilePart.Of(f.Name, new FileInfo(f.Path).Length, shardSize), cache.TryGet(f.Path, shardSize))).ToArray();
        (Sharded File, int Part)[] open = [.. all.Where(f => !f.IsKnown).SelectMany(f => Enumerable.Range(0, f.Parts.Length).Select(p => (f, p)))];
        Concurrently.For(open.Length, n => open[n].File.Digests[open[n].Part] = DigestOf(open[n].File.File.Path, open[n].File.Parts[open[n].Part]), cancellation);
        foreach (var file in all.Where(f => !f.IsKnown)) cache.Put(file.File.Path, file.Before, shardSize, [.. file.Digests]);
        return [.. all.Select(f => new FileDigest(f.File.Name, [.. f.Parts.Zip(f.Digests, (p, d) => new ResourceDigest(p.Name, d))]))];
    }

    // Read, not mapped: whoever checks a model does not know who writes to it.
    private static ImmutableArray<byte> DigestOf(string path, FilePart part)
    {
        using var input = File.OpenHandle(path, options: FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[(int)Math.Min(BufferSize, part.Length)];
        for (var left = part.Length; left > 0;)
        {
            var count = RandomAccess.Read(input, buffer.AsSpan(0, (int)Math.Min(buffer.Length, left)), part.Start + part.Length - left);
            if (count == 0) throw new IOException($"'{path}' was cut off while it was read. Let nothing change it meanwhile, and try again.");
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        return [.. hash.GetHashAndReset()];
    }

    private sealed class Sharded(ModelFile file, FileIdentity? before, ImmutableArray<FilePart> parts, ImmutableArray<ImmutableArray<byte>>? known)
    {
        public ModelFile File => file;

        public FileIdentity? Before => before;

        public ImmutableArray<FilePart> Parts => parts;

        // A file that has grown since is not the one that is known.
        public bool IsKnown { get; } = known?.Length == parts.Length;

        public ImmutableArray<byte>[] Digests { get; } = known?.Length == parts.Length ? [.. known] : new ImmutableArray<byte>[parts.Length];
    }
}
