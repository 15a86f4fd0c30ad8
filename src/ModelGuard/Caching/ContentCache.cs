using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Caching;

/// <summary>
/// Results that take long to compute (pictures, scores, traces), kept by what they depend on, on this machine and for this user. Several
/// processes may use it at once. It only ever saves time: what cannot be read is absent, what cannot be written is computed again. Whoever
/// can write to the folder decides what is found there, so whoever checks the work of others uses <see cref="None"/>.
/// </summary>
public sealed class ContentCache
{
    /// <summary>Turns the cache off (<c>off</c>) or names its folder.</summary>
    public const string Variable = "MODELGUARD_CACHE";

    // The folder is looked through each time that this part of it was written anew.
    private const int Parts = 16;
    private readonly CacheFolder? folder;
    private readonly CacheTally? tally;
    private readonly long capacity;
    private readonly TimeProvider clock;

    /// <summary>A cache.</summary>
    /// <param name="folder">Its folder, which need not exist; null for no cache.</param>
    /// <param name="capacity">The most bytes that all entries take. Entries that were not used for longest make room for new ones.</param>
    /// <param name="clock">Tells when an entry was used.</param>
    public ContentCache(string? folder, long capacity, TimeProvider clock)
    {
        this.folder = folder is null ? null : new CacheFolder(folder);
        tally = folder is null ? null : new CacheTally(Path.Combine(folder, "written"));
        this.capacity = capacity;
        this.clock = clock;
    }

    /// <summary>Keeps nothing.</summary>
    public static ContentCache None { get; } = new(null, 0, TimeProvider.System);

    /// <summary>The user's cache: where <see cref="Variable"/> says, else beside the cache of digests; as large as <c>MODELGUARD_CACHE_SIZE</c> says, else 2 GB.</summary>
    /// <exception cref="BackendException">MG0011 when <c>MODELGUARD_CACHE_SIZE</c> is no size.</exception>
    public static ContentCache OfUser(TimeProvider clock)
    {
        var choice = Environment.GetEnvironmentVariable(Variable);
        if (choice == "off") return None;
        var size = CacheSize.Parse(Environment.GetEnvironmentVariable(CacheSize.Variable));
        return new ContentCache(string.IsNullOrEmpty(choice) ? UserCaches.Folder("content") : Path.GetFullPath(choice), size, clock);
    }

    /// <summary>The bytes of an entry; null when there is none, or a damaged one. The entry counts as used now.</summary>
    public byte[]? TryGet(CacheKey key)
    {
        if (folder is null) return null;
        try
        {
            var entry = new FileInfo(folder.PathOf(key));
            if (!entry.Exists || entry.LinkTarget is not null || !CacheFolder.IsOwn(entry)) return null;
            var content = CacheEntry.Read(key, entry);
            if (content is not null) MarkUsed(entry.FullName);
            return content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that cannot be read is an empty one.
            return null;
        }
    }

    /// <summary>Keeps the bytes of an entry, in place of those that it had. Bytes that the whole cache cannot hold are not kept.</summary>
    public void Put(CacheKey key, ReadOnlySpan<byte> bytes)
    {
        var length = (long)bytes.Length + CacheEntry.HeaderLength;
        if (folder is null || length > capacity) return;
        var entry = new FileInfo(folder.PathOf(key));
        try
        {
            entry.Directory!.Create();
            if (!CacheFolder.IsOwn(entry)) return;
            MakeRoom(length);
            var content = CacheEntry.Seal(key, bytes);
            AtomicFile.WriteUnflushed(entry.FullName, stream => stream.Write(content));
            MarkUsed(entry.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without a place to write there is no cache.
        }
    }

    // Up to the next look at least as much is written as is free now: together never more than the capacity.
    private void MakeRoom(long length)
    {
        var part = capacity / Parts;
        if (tally!.Add(length) <= part) return;
        tally.Restart(length);
        folder!.Trim(capacity - Math.Max(part, length));
    }

    private void MarkUsed(string entry)
    {
        try
        {
            File.SetLastWriteTimeUtc(entry, clock.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has removed it, or the cache can only be read: what was found counts all the same.
        }
    }
}
