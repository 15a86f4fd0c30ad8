using System.Security.Cryptography;
using System.Text;
using CsCheck;

namespace ModelGuard.Checkpoints.Tests.Hashing;

public sealed class ShardDigestsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_file_has_the_shards_of_the_reference_implementation()
    {
        // sigstore/model-transparency, tests/_serialization/testdata/file_shard/TestSerializer/sample_model_folder_small_shards.
        Write("d0/f00", "This is file f00 in d0.");

        var resources = Assert.Single(Files(8)).Resources;

        Assert.Equal(
            [
                "d0/f00:0:8 a37010c994067764d86540bf479d93b4d0c3bb3955de7b61f951caf2fd0301b0",
                "d0/f00:8:16 03d5bb235fbf6771da18a650a7d01c1d6b85ada9de9cc62d27752a1c2a05548b",
                "d0/f00:16:23 003b089e217915b12ca9509b2f8a01be7cfe662ffadeb1cd3cf3f430c7b9773a",
            ],
            resources.Select(r => $"{r.Name} {Convert.ToHexStringLower(r.Sha256.AsSpan())}"),
            StringComparer.Ordinal);
    }

    [Fact]
    public void The_root_digest_is_that_of_the_reference_implementation_where_each_file_has_one_shard()
    {
        // The same repository, tests/_signing/testdata/signing/TestPayload/sample_model_folder_shard.
        foreach (var (d, f) in from d in Enumerable.Range(0, 2) from f in Enumerable.Range(0, 3) select (d, f)) Write($"d{d}/f{d}{f}", $"This is file f{d}{f} in d{d}.");
        foreach (var f in Enumerable.Range(0, 4)) Write($"f{f}", $"This is file f{f} in root.");

        Assert.Equal("sha256:143cc682e555951649f18e2761c3d526d2502996f5e32dc187ef7f8a614f8df7", Root(1_000_000_000));
    }

    [Fact]
    public void The_root_digest_follows_the_code_points_of_the_shards_names()
    {
        // As the specification says (§6.4). The reference implementation goes by paths and numbers; its verifier takes any order.
        string[] expected = ["a-b:0:4", "a-b:4:6", "a:0:4", "a:12:14", "a:4:8", "a:8:12"];
        Write("a", "0123456789abcd");
        Write("a-b", "uvwxyz");
        var contents = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "0123456789abcd", ["a-b"] = "uvwxyz" };
        byte[] digests = [.. expected.SelectMany(n => n.Split(':') is [var file, var start, var end] ? SHA256.HashData(Encoding.UTF8.GetBytes(contents[file][int.Parse(start, System.Globalization.CultureInfo.InvariantCulture)..int.Parse(end, System.Globalization.CultureInfo.InvariantCulture)])) : [])];

        Assert.Equal("sha256:" + Convert.ToHexStringLower(SHA256.HashData(digests)), Root(4));
    }

    [Theory]
    [InlineData(0, 4, 0)]
    [InlineData(1, 4, 1)]
    [InlineData(4, 4, 1)]
    [InlineData(5, 4, 2)]
    [InlineData(8, 4, 2)]
    [InlineData(5, long.MaxValue, 1)]
    public void A_file_has_as_many_shards_as_its_length_needs_and_an_empty_one_none(int length, long shardSize, int count)
    {
        Write("a", new string('x', length));

        Assert.Equal(count, Assert.Single(Files(shardSize)).Resources.Length);
        Assert.Equal(count, FilePart.Count(length, shardSize));
    }

    [Fact]
    public void Every_byte_lies_in_exactly_one_shard() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 320]).Sample(
            (length, size) =>
            {
                var content = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
                File.WriteAllBytes(folder["file"], content);

                return Assert.Single(Files(size)).HasContentOf(FileDigest.OfContent("file", content, size))
                    && FilePart.Of("file", length, size).SelectMany(p => content[(int)p.Start..(int)(p.Start + p.Length)]).SequenceEqual(content);
            },
            iter: 200,
            threads: 1);

    [Fact]
    public void Shards_are_remembered_for_each_size_and_until_the_file_changes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells a file's identity here; elsewhere every digest is computed.");
        var cache = new DigestCache(folder["cache"], new LaterClock());
        Directory.CreateDirectory(folder["model"]);
        File.WriteAllBytes(folder["model/file"], new byte[(2 << 20) + 5]);
        var first = Digests.Files(ModelFiles.Of(folder["model"], LinkRule.Refuse), cache, 1 << 20);

        Assert.Equal([.. Assert.Single(first).Resources.Select(r => r.Sha256)], cache.TryGet(folder["model/file"], 1 << 20)!.Value);
        Assert.Null(cache.TryGet(folder["model/file"], 2 << 20));
        Assert.Null(cache.TryGet(folder["model/file"], null));

        File.AppendAllText(folder["model/file"], "x");

        Assert.Null(cache.TryGet(folder["model/file"], 1 << 20));
        Assert.False(Assert.Single(Digests.Files(ModelFiles.Of(folder["model"], LinkRule.Refuse), cache, 1 << 20)).HasContentOf(first[0]));
    }

    public void Dispose() => folder.Dispose();

    private System.Collections.Immutable.ImmutableArray<FileDigest> Files(long shardSize) => Digests.Files(ModelFiles.Of(folder.Path, LinkRule.Refuse), DigestCache.None, shardSize);

    private string Root(long shardSize) => Digests.RootDigest(folder.Path, LinkRule.Refuse, DigestCache.None, shardSize);

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllText(folder[name], content);
    }

    // What the test has just written counts as settled.
    private sealed class LaterClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromHours(1);
    }
}
