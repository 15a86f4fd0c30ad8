using System.Security.Cryptography;

namespace ModelGuard.Checkpoints.Tests.Hashing;

public sealed class DigestCacheTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Clock clock = new();
    private readonly DigestCache cache;

    public DigestCacheTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells a file's identity here; elsewhere every digest is computed.");
        cache = new DigestCache(folder["cache"], clock);
    }

    [Fact]
    public void A_digest_is_remembered_until_the_file_changes()
    {
        var first = Write(1);
        Assert.Equal(first, cache.Sha256OfFile(folder["file"]));
        Assert.Equal(first, Assert.Single(cache.TryGet(folder["file"], null)!.Value));

        var second = Write(2);

        Assert.Null(cache.TryGet(folder["file"], null));
        Assert.Equal(second, cache.Sha256OfFile(folder["file"]));
        Assert.Equal(second, Assert.Single(cache.TryGet(folder["file"], null)!.Value));
    }

    [Fact]
    public void A_change_that_hides_behind_the_old_time_and_size_is_seen()
    {
        Write(1);
        cache.Sha256OfFile(folder["file"]);
        var time = File.GetLastWriteTimeUtc(folder["file"]);

        var changed = Write(3);
        File.SetLastWriteTimeUtc(folder["file"], time);

        Assert.Null(cache.TryGet(folder["file"], null));
        Assert.Equal(changed, cache.Sha256OfFile(folder["file"]));
    }

    [Fact]
    public void A_file_that_has_just_been_written_is_not_remembered()
    {
        Write(1);
        clock.Offset = TimeSpan.Zero;

        cache.Sha256OfFile(folder["file"]);

        Assert.Null(cache.TryGet(folder["file"], null));
        Assert.False(Directory.Exists(folder["cache"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("1-2-3 zz")]
    public void A_damaged_entry_counts_for_nothing(string content)
    {
        var digest = Write(1);
        cache.Sha256OfFile(folder["file"]);
        File.WriteAllText(Assert.Single(Directory.EnumerateFiles(folder["cache"])), content);

        Assert.Equal(digest, cache.Sha256OfFile(folder["file"]));
    }

    [Fact]
    public void Without_a_place_to_write_digests_are_computed()
    {
        File.WriteAllText(folder["cache"], "a file where the folder should be");

        Assert.Equal(Write(1), cache.Sha256OfFile(folder["file"]));
        Assert.Null(cache.TryGet(folder["file"], null));
    }

    [Fact]
    public void Entries_that_no_one_asked_for_in_months_are_removed()
    {
        Write(1);
        cache.Sha256OfFile(folder["file"]);
        File.WriteAllText(folder["cache/old"], "x");
        File.SetLastWriteTimeUtc(folder["cache/old"], clock.GetUtcNow().UtcDateTime.AddDays(-91));

        Write(2);
        cache.Sha256OfFile(folder["file"]);

        Assert.False(File.Exists(folder["cache/old"]));
    }

    public void Dispose() => folder.Dispose();

    // The clock runs ahead, so that what the test has just written counts as settled.
    private byte[] Write(byte value)
    {
        var content = Enumerable.Repeat(value, 2 << 20).ToArray();
        File.WriteAllBytes(folder["file"], content);
        return SHA256.HashData(content);
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Offset { get; set; } = TimeSpan.FromHours(1);

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }
}
