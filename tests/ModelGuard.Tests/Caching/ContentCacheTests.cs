using System.Globalization;
using CsCheck;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Tests.Caching;

public sealed class ContentCacheTests : IDisposable
{
    private static readonly CacheKey Key = CacheKey.Of(("prompt", "a star"), ("seed", "1"));
    private readonly TemporaryFolder folder = new();
    private readonly Clock clock = new();
    private readonly ContentCache cache;

    public ContentCacheTests() => cache = Open(1_000_000);

    [Fact]
    public void What_was_put_is_found_by_another_run_and_replaced_by_what_is_put_again()
    {
        Assert.Null(cache.TryGet(Key));
        cache.Put(Key, [1, 2, 3]);
        Assert.True(Open(1_000_000).TryGet(Key) is [1, 2, 3]);

        cache.Put(Key, []);

        Assert.True(Open(1_000_000).TryGet(Key) is []);
        Assert.Null(cache.TryGet(CacheKey.Of(("prompt", "a star"), ("seed", "2"))));
    }

    [Fact]
    public void A_cache_gives_what_a_dictionary_gives_that_forgets_nothing() =>
        Gen.Select(Gen.Int[0, 9], Gen.Byte.Array[0, 40]).Array[1, 30].Sample(puts =>
        {
            var expected = new Dictionary<int, byte[]>();
            foreach (var (entry, content) in puts)
            {
                cache.Put(Entry(entry), content);
                expected[entry] = content;
            }

            Assert.All(expected, pair => Assert.Equal(pair.Value, cache.TryGet(Entry(pair.Key))));
        }, iter: 20);

    [Fact]
    public void An_entry_with_any_byte_changed_cut_off_or_added_is_absent_until_it_is_put_again()
    {
        byte[] content = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        cache.Put(Key, content);
        var file = EntryFile();
        var whole = File.ReadAllBytes(file);

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var damaged = whole.ToArray();
            damaged[at] ^= change;
            foreach (var bytes in new[] { damaged, whole[..at], [.. whole, change] })
            {
                File.WriteAllBytes(file, bytes);
                Assert.Null(cache.TryGet(Key));
            }
        }, iter: 50);

        cache.Put(Key, content);
        Assert.Equal(content, cache.TryGet(Key));
    }

    [Fact]
    public void An_entry_under_the_name_of_another_is_absent()
    {
        cache.Put(Key, [1]);
        var other = CacheKey.Of(("prompt", "a moon"));
        var file = Path.Combine(folder["cache"], other.Digest[..2], other.Digest);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.Copy(EntryFile(), file);

        Assert.Null(cache.TryGet(other));
    }

    [Fact]
    public void Entries_that_were_not_used_for_longest_make_room()
    {
        var small = Open(16_000);
        for (var i = 0; i < 14; i++) Put(i);
        clock.Hour++;
        Assert.NotNull(small.TryGet(Entry(0)));

        for (var i = 14; i < 18; i++) Put(i);

        Assert.NotNull(small.TryGet(Entry(0)));
        Assert.Null(small.TryGet(Entry(1)));
        Assert.NotNull(small.TryGet(Entry(17)));

        void Put(int entry)
        {
            clock.Hour++;
            small.Put(Entry(entry), new byte[968]);
        }
    }

    [Fact]
    public void A_cache_never_takes_more_than_its_capacity() => Gen.Select(Gen.Int[100, 20_000], Gen.Select(Gen.Int[0, 30], Gen.Int[0, 3000]).Array[1, 60]).Sample((capacity, puts) =>
    {
        if (Directory.Exists(folder["cache"])) Directory.Delete(folder["cache"], recursive: true);
        foreach (var (entry, length) in puts)
        {
            // Each put is a run of its own, which knows of the others only what the folder tells.
            Open(capacity).Put(Entry(entry), new byte[length]);
            var kept = Directory.Exists(folder["cache"]) ? Directory.EnumerateFiles(folder["cache"], "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "written").Sum(f => new FileInfo(f).Length) : 0;
            Assert.InRange(kept, 0, capacity);
        }
    }, iter: 10);

    [Theory]
    [InlineData("")]
    [InlineData("12345678")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("much too long to be a count")]
    public void A_damaged_count_has_the_folder_looked_through(string count)
    {
        for (var i = 0; i < 10; i++) cache.Put(Entry(i), new byte[1000]);
        File.WriteAllText(folder["cache/written"], count, System.Text.Encoding.Latin1);

        Open(5000).Put(Key, [1]);

        Assert.InRange(Directory.EnumerateFiles(folder["cache"], "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length), 1, 5000);
    }

    [Fact]
    public void What_is_no_entry_is_never_removed()
    {
        cache.Put(Key, [1]);
        File.WriteAllText(folder["cache/notes.txt"], "mine");
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(EntryFile())!, "notes.txt"), "mine");
        Directory.CreateDirectory(folder["cache/zz"]);
        File.WriteAllText(Path.Combine(folder["cache/zz"], new string('a', 64)), "mine");

        Open(64).Put(Entry(1), new byte[32]);

        Assert.Null(cache.TryGet(Key));
        Assert.Equal(3, Directory.EnumerateFiles(folder["cache"], "*", SearchOption.AllDirectories).Count(f => File.ReadAllText(f) == "mine"));
    }

    [Fact]
    public void What_a_killed_writer_left_goes_and_what_a_live_one_writes_stays()
    {
        cache.Put(Key, [1]);
        // No process has the highest number; the first one of a system lives as long as the system.
        string[] partials = [.. new[] { int.MaxValue, OperatingSystem.IsWindows() ? 4 : 1 }.Select(id => string.Create(CultureInfo.InvariantCulture, $"{EntryFile()}.partial-{id}-{Guid.Empty:N}"))];
        foreach (var partial in partials) File.WriteAllBytes(partial, new byte[100]);

        Open(64).Put(Entry(1), new byte[32]);

        Assert.Equal([false, true], partials.Select(File.Exists));
    }

    [Fact]
    public void Links_are_neither_read_nor_written_nor_emptied()
    {
        cache.Put(Key, [1]);
        var (file, outside) = (EntryFile(), folder["outside"]);
        var shard = Path.GetDirectoryName(file)!;
        Directory.Move(shard, outside);
        Directory.CreateSymbolicLink(shard, outside);

        Assert.Null(cache.TryGet(Key));
        cache.Put(Key, [2]);
        Open(64).Put(Entry(1), new byte[32]);
        Directory.Delete(shard);
        Directory.CreateDirectory(shard);
        File.CreateSymbolicLink(file, Path.Combine(outside, Key.Digest));
        Assert.Null(cache.TryGet(Key));
        File.Delete(folder["cache/written"]);
        File.CreateSymbolicLink(folder["cache/written"], folder["count"]);
        cache.Put(Key, [3]);

        Assert.True(cache.TryGet(Key) is [3]);
        Assert.Equal(1, File.ReadAllBytes(Path.Combine(outside, Key.Digest))[^1]);
        Assert.False(File.Exists(folder["count"]));
    }

    [Fact]
    public void Without_a_place_to_write_nothing_is_kept_and_nothing_fails()
    {
        File.WriteAllText(folder["cache"], "a file where the folder should be");

        cache.Put(Key, [1]);

        Assert.Null(cache.TryGet(Key));
        ContentCache.None.Put(Key, [1]);
        Assert.Null(ContentCache.None.TryGet(Key));
    }

    [Theory]
    [InlineData(null, 2_000_000_000)]
    [InlineData("", 2_000_000_000)]
    [InlineData("0", 0)]
    [InlineData("1500", 1500)]
    [InlineData("500 MB", 500_000_000)]
    [InlineData("3gb", 3_000_000_000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_size_is_a_number_of_bytes_with_or_without_a_unit(string? text, long bytes) => Assert.Equal(bytes, CacheSize.Parse(text));

    [Theory]
    [InlineData("much")]
    [InlineData("-1")]
    [InlineData("1.5 GB")]
    [InlineData("1 GiB")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999 TB")]
    [InlineData("1 GB\n")]
    public void What_is_no_size_is_refused_with_what_can_be_written(string text)
    {
        var error = Assert.Throws<BackendException>(() => CacheSize.Parse(text));

        Assert.Equal("MG0011", error.Code);
        Assert.Equal($"The environment variable MODELGUARD_CACHE_SIZE is '{text}', which is no size. Write a whole number of bytes, or one with kB, MB, GB or TB, for example '500 MB'; without it the cache holds 2 GB.", error.Message);
    }

    public void Dispose() => folder.Dispose();

    private static CacheKey Entry(int entry) => CacheKey.Of(("entry", entry.ToString(CultureInfo.InvariantCulture)));

    private ContentCache Open(long capacity) => new(folder["cache"], capacity, clock);

    private string EntryFile() => Path.Combine(folder["cache"], Key.Digest[..2], Key.Digest);

    private sealed class Clock : TimeProvider
    {
        public int Hour { get; set; }

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero).AddHours(Hour);
    }
}
