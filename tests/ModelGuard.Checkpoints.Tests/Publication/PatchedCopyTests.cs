namespace ModelGuard.Checkpoints.Tests.Publication;

public sealed class PatchedCopyTests : IDisposable
{
    private const int Large = (3 << 20) + 11;
    private readonly TemporaryFolder folder = new();
    private readonly DigestCache cache;

    public PatchedCopyTests()
    {
        cache = new DigestCache(folder["cache"], new LaterClock());
        Directory.CreateDirectory(folder["source/inner"]);
        Directory.CreateDirectory(folder["target"]);
        File.WriteAllBytes(folder["source/a"], Content(Large, 1));
        File.WriteAllBytes(folder["source/inner/b"], Content(Large, 2));
        File.WriteAllBytes(folder["source/c"], Content(5, 3));
        File.WriteAllBytes(folder["source/d"], Content(Large, 4));
    }

    // The first run reads everything; the second one knows the digests and has the kernel copy.
    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(1, 1L << 20)]
    [InlineData(2, 1L << 20)]
    public void Files_are_copied_patched_and_digested_alike_whether_their_digests_are_known_or_not(int run, long? shardSize)
    {
        for (var i = 1; i < run; i++) Copy(folder["earlier"], shardSize);

        var (originals, copies) = Copy(folder["target"], shardSize);

        var patched = Content(Large, 2);
        new byte[] { 9, 9, 9 }.CopyTo(patched, (1 << 20) - 1);
        Assert.Equal(["a", "c", "d", "inner/b"], originals.Select(f => f.Name), StringComparer.Ordinal);
        Assert.Equal(["a", "c", "inner/b"], copies.Select(f => f.Name), StringComparer.Ordinal);
        Assert.False(File.Exists(folder["target/d"]));
        Assert.Equal(patched, File.ReadAllBytes(folder["target/inner/b"]));
        Assert.All(originals, f => Assert.True(f.HasContentOf(FileDigest.OfContent(f.Name, File.ReadAllBytes(folder["source/" + f.Name]), shardSize))));
        Assert.All(copies, f => Assert.True(f.HasContentOf(FileDigest.OfContent(f.Name, File.ReadAllBytes(folder["target/" + f.Name]), shardSize))));
        Assert.Equal((Root("source", shardSize), Root("target", shardSize)), (Digests.Root(originals), Digests.Root(copies)));
    }

    [Fact]
    public void Of_a_known_file_only_shards_with_patches_are_digested()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells a file's identity here; elsewhere every digest is computed.");
        Copy(folder["earlier"], 1 << 20);
        var progress = new Largest();

        Copy(folder["target"], 1 << 20, progress);

        // The patch lies over the end of the first shard; 'c' is too small to be known. The rest is what the kernel copies.
        Assert.Equal((2 << 20) + 5 + (2 * Large) + 5, progress.Total);
    }

    [Fact]
    public void A_file_that_changes_while_it_is_copied_is_an_error()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells a file's identity here; elsewhere what is hashed is what is written.");
        Copy(folder["earlier"]);
        using var copy = new PatchedCopy(ModelFiles.Of(folder["source"], LinkRule.Refuse), folder["target"], _ => false, cache);

        File.WriteAllBytes(folder["source/a"], Content(Large, 7));

        var error = Assert.Throws<IOException>(() => copy.Complete(new Dictionary<string, FilePatch[]>(StringComparer.Ordinal), null, CancellationToken.None));
        Assert.Contains("was written to while it was copied", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_that_is_given_up_ends()
    {
        Copy(folder["earlier"]);

        using (new PatchedCopy(ModelFiles.Of(folder["source"], LinkRule.Refuse), folder["target"], _ => false, cache))
        {
        }

        Directory.Delete(folder["target"], recursive: true);
    }

    public void Dispose() => folder.Dispose();

    private string Root(string name, long? shardSize) => Digests.RootDigest(folder[name], LinkRule.Refuse, DigestCache.None, shardSize);

    private (System.Collections.Immutable.ImmutableArray<FileDigest> Originals, System.Collections.Immutable.ImmutableArray<FileDigest> Copies) Copy(string target, long? shardSize = null, IProgress<CopyProgress>? progress = null)
    {
        Directory.CreateDirectory(target);
        using var copy = new PatchedCopy(ModelFiles.Of(folder["source"], LinkRule.Refuse), target, f => f.Name == "d", cache, shardSize);
        return copy.Complete(new Dictionary<string, FilePatch[]>(StringComparer.Ordinal) { ["inner/b"] = [new FilePatch((1 << 20) - 1, new byte[] { 9, 9, 9 })] }, progress, CancellationToken.None);
    }

    private static byte[] Content(int length, byte seed) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 31) ^ (i >> 8) ^ seed))];

    private sealed class Largest : IProgress<CopyProgress>
    {
        public long Total { get; private set; }

        public void Report(CopyProgress value) => Total = value.Total;
    }

    // What the test has just written counts as settled.
    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromHours(1);
    }
}
