using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ModelGuard.Checkpoints;

/// <summary>
/// Digests of large files that were read before, on this machine and for this user: digesting 4 GB takes seconds, a build does it each time.
/// An entry counts only while the file's <see cref="FileIdentity"/> is the same. Whoever checks a model that others made uses <see cref="None"/>.
/// </summary>
public sealed class DigestCache
{
    /// <summary>Turns the cache off (<c>off</c>) or names its folder.</summary>
    public const string Variable = "MODELGUARD_DIGEST_CACHE";

    // Below this, reading is faster than asking.
    private const ulong SmallestFile = 1 << 20;
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(90);
    private readonly string? folder;
    private readonly TimeProvider clock;

    /// <summary>A cache in a folder, which need not exist; null for no cache.</summary>
    public DigestCache(string? folder, TimeProvider clock)
    {
        this.folder = folder;
        this.clock = clock;
    }

    /// <summary>Remembers nothing.</summary>
    public static DigestCache None { get; } = new(null, TimeProvider.System);

    /// <summary>The user's cache: where <see cref="Variable"/> says, else in the system's folder for caches.</summary>
    public static DigestCache OfUser(TimeProvider clock)
    {
        var choice = Environment.GetEnvironmentVariable(Variable);
        if (choice == "off") return None;
        if (!string.IsNullOrEmpty(choice)) return new DigestCache(choice, clock);
        return new DigestCache(UserCaches.Folder("digests"), clock);
    }

    /// <summary>SHA-256 of a file, from the cache or read now.</summary>
    public byte[] Sha256OfFile(string path)
    {
        if (TryGet(path) is { } known) return [.. known];
        var before = FileIdentity.Of(path);
        var digest = Digests.Sha256OfFile(path);
        Put(path, before, digest);
        return digest;
    }

    /// <summary>What is known of a file as it is now.</summary>
    internal ImmutableArray<byte>? TryGet(string path)
    {
        if (folder is null || FileIdentity.Of(path) is not { Size: >= SmallestFile } identity) return null;
        try
        {
            var entry = EntryOf(identity);
            if (!File.Exists(entry)) return null;
            var parts = File.ReadAllText(entry).Split(' ');
            return parts is [var description, { Length: 64 } digest] && description == Describe(identity) ? [.. Convert.FromHexString(digest)] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // A cache that cannot be read is an empty one.
            return null;
        }
    }

    /// <summary>Notes what was read between two moments, if the file was the same at both and is not being written to.</summary>
    internal void Put(string path, FileIdentity? before, ReadOnlySpan<byte> digest)
    {
        if (folder is null || before is not { Size: >= SmallestFile } || FileIdentity.Of(path) != before || TryGet(path) is not null) return;
        var now = clock.GetUtcNow();
        // Times have a granularity: of a file that has just changed, a further change may leave no trace.
        if (now - DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(before.ChangedAt, before.ModifiedAt) / 1_000_000) < Settled) return;
        try
        {
            Forget(now);
            var entry = Encoding.ASCII.GetBytes($"{Describe(before)} {Convert.ToHexStringLower(digest)}");
            AtomicFile.WriteUnflushed(EntryOf(before), stream => stream.Write(entry));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without a place to write there is no cache.
        }
    }

    private string EntryOf(FileIdentity identity) => Path.Combine(folder!, string.Create(CultureInfo.InvariantCulture, $"{identity.Device:x}-{identity.Inode:x}"));

    private static string Describe(FileIdentity identity) => string.Create(CultureInfo.InvariantCulture, $"{identity.Size:x}-{identity.ModifiedAt:x}-{identity.ChangedAt:x}");

    private void Forget(DateTimeOffset now)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFiles().Where(f => now.UtcDateTime - f.LastWriteTimeUtc > Oldest)) entry.Delete();
    }
}
