using System.Buffers;
using ModelGuard.Checkpoints;

namespace ModelGuard.Caching;

/// <summary>The files of a cache: <c>ab/ab01…</c>, 256 folders so that none is long. What is a link, or has another name, is neither read nor removed.</summary>
internal sealed class CacheFolder(string root)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The file of an entry.</summary>
    public string PathOf(CacheKey key) => Path.Combine(root, key.Digest[..2], key.Digest);

    /// <summary>Whether an entry's folder may be used: one that is a link leads out of the cache.</summary>
    public static bool IsOwn(FileInfo entry) => entry.Directory!.LinkTarget is null;

    /// <summary>Removes what killed writers left, and the entries that were not used for longest, until the rest is no more than a number of bytes.</summary>
    public void Trim(long bytes)
    {
        foreach (var shard in Shards()) AtomicFile.RemoveLeftovers(shard.FullName);
        // Each file is asked once: another process may use, replace or remove it at any moment.
        var entries = Shards().SelectMany(s => s.EnumerateFiles()).Where(IsEntry).Select(f => (File: f, f.Length, Used: f.LastWriteTimeUtc)).ToList();
        var total = entries.Sum(e => e.Length);
        foreach (var (file, length, _) in entries.OrderBy(e => e.Used).ThenBy(e => e.File.Name, StringComparer.Ordinal))
        {
            if (total <= bytes) return;
            if (TryDelete(file)) total -= length;
        }
    }

    private IEnumerable<DirectoryInfo> Shards() => new DirectoryInfo(root).EnumerateDirectories().Where(d => d.Name.Length == 2 && IsHex(d.Name) && d.LinkTarget is null);

    private static bool IsEntry(FileInfo file) => file.Name.Length == 64 && IsHex(file.Name) && file.Exists && file.LinkTarget is null;

    private static bool TryDelete(FileInfo file)
    {
        try
        {
            file.Delete();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or in use on Windows: others go in its place.
            return false;
        }
    }

    private static bool IsHex(string name) => !name.AsSpan().ContainsAnyExcept(HexDigits);
}
