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
    private const int DigestDigits = 64;
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
        if (TryGet(path, null) is [var known]) return [.. known];
        var before = FileIdentity.Of(path);
        var digest = Digests.Sha256OfFile(path);
        Put(path, before, null, [[.. digest]]);
        return digest;
    }

    /// <summary>What is known of a file as it is now: the digests of all its parts, from first to last.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shardSize">Bytes of a part; null for the file as a whole.</param>
    internal ImmutableArray<ImmutableArray<byte>>? TryGet(string path, long? shardSize)
    {
        if (folder is null || FileIdentity.Of(path) is not { Size: >= SmallestFile } identity) return null;
        try
        {
            var entry = EntryOf(identity, shardSize);
            if (!File.Exists(entry)) return null;
            var parts = File.ReadAllText(entry).Split(' ');
            return parts[0] == Describe(identity) && parts.Length - 1 == FilePart.Count((long)identity.Size, shardSize) && parts.Skip(1).All(d => d.Length == DigestDigits)
                ? ImmutableArray.CreateRange(parts.Skip(1).Select(d => ImmutableArray.Create(Convert.FromHexString(d))))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // A cache that cannot be read is an empty one.
            return null;
        }
    }

    /// <summary>Notes what was read between two moments, if the file was the same at both and is not being written to.</summary>
    internal void Put(string path, FileIdentity? before, long? shardSize, ImmutableArray<ImmutableArray<byte>> digests)
    {
        if (folder is null || before is not { Size: >= SmallestFile } || FileIdentity.Of(path) != before || TryGet(path, shardSize) is not null) return;
        var now = clock.GetUtcNow();
        // Times have a granularity: of a file that has just changed, a further change may leave no trace.
        if (now - DateTimeOffset.FromUnixTimeMilliseconds(Math.Max(before.ChangedAt, before.ModifiedAt) / 1_000_000) < Settled) return;
        try
        {
            Forget(now);
            var entry = Encoding.ASCII.GetBytes(string.Join(' ', digests.Select(d => Convert.ToHexStringLower(d.AsSpan())).Prepend(Describe(before))));
            AtomicFile.WriteUnflushed(EntryOf(before, shardSize), stream => stream.Write(entry));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without a place to write there is no cache.
        }
    }

    private string EntryOf(FileIdentity identity, long? shardSize) => Path.Combine(folder!, string.Create(CultureInfo.InvariantCulture, $"{identity.Device:x}-{identity.Inode:x}{(shardSize is { } size ? FormattableString.Invariant($"-{size:x}") : "")}"));

    private static string Describe(FileIdentity identity) => string.Create(CultureInfo.InvariantCulture, $"{identity.Size:x}-{identity.ModifiedAt:x}-{identity.ChangedAt:x}");

    private void Forget(DateTimeOffset now)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFiles().Where(f => now.UtcDateTime - f.LastWriteTimeUtc > Oldest)) entry.Delete();
    }
}
