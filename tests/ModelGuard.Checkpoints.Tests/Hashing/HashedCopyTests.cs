using System.Security.Cryptography;
using CsCheck;

namespace ModelGuard.Checkpoints.Tests.Hashing;

public sealed class HashedCopyTests : IDisposable
{
    private const int Block = 4 << 20;
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Block - 1)]
    [InlineData((4 * Block) + 1)]
    [InlineData(Block)]
    [InlineData((3 * Block) + 17)]
    public void A_copy_without_patches_is_the_same_file_and_has_its_digest(int length)
    {
        var content = Content(length);

        var digests = HashedCopy.Copy(folder["source"], folder["copy"], []);

        Assert.Equal(content, File.ReadAllBytes(folder["copy"]));
        Assert.Equal(SHA256.HashData(content), Assert.Single(digests.Source));
        Assert.Equal(Assert.Single(digests.Source), Assert.Single(digests.Copy));
    }

    [Fact]
    public void Patched_bytes_are_replaced_wherever_they_lie_and_all_digests_are_right() =>
        Gen.Select(Gen.Int[1, 5 * Block], Gen.Select(Gen.Double[0, 1], Gen.Int[0, 2 * Block]).Array[0, 4], Gen.Long[Block / 3, 6 * Block].Nullable()).Sample(
            (length, places, shardSize) =>
            {
                File.Delete(folder["copy"]);
                var content = Content(length);
                var expected = content.ToArray();
                FilePatch[] patches = [.. places.Select((p, i) =>
                {
                    var offset = (int)(p.Item1 * length);
                    var bytes = Enumerable.Repeat((byte)(200 + i), Math.Min(p.Item2, length - offset)).ToArray();
                    bytes.CopyTo(expected, offset);
                    return new FilePatch(offset, bytes);
                })];

                var digests = HashedCopy.Copy(folder["source"], folder["copy"], patches, shardSize);
                var original = FileDigest.OfContent("source", content, shardSize);

                return expected.AsSpan().SequenceEqual(File.ReadAllBytes(folder["copy"]))
                    && Hex(digests.Source) == Parts(content, shardSize)
                    && Hex(digests.Copy) == Parts(expected, shardSize)
                    && Hex(original.Resources.Select(r => r.Sha256)) == Parts(content, shardSize)
                    && Hex(HashedCopy.DigestOfCopy(new ModelFile("source", folder["source"]), original, shardSize, patches).Resources.Select(r => r.Sha256)) == Parts(expected, shardSize);
            },
            iter: 25,
            threads: 1);

    [Fact]
    public void Without_a_target_a_file_is_only_read()
    {
        var content = Content(Block + 5);

        var digests = HashedCopy.Copy(folder["source"], null, [new FilePatch(3, new byte[] { 1 })]);

        content[3] = 1;
        Assert.Equal(SHA256.HashData(content), Assert.Single(digests.Copy));
        Assert.Equal(folder["source"], Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path)));
    }

    [Fact]
    public void A_read_only_source_gives_a_copy_that_can_be_written()
    {
        Content(10);
        File.SetAttributes(folder["source"], FileAttributes.ReadOnly);

        HashedCopy.Copy(folder["source"], folder["copy"], []);

        Assert.False(File.GetAttributes(folder["copy"]).HasFlag(FileAttributes.ReadOnly));
        File.SetAttributes(folder["source"], FileAttributes.Normal);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(9, 2)]
    [InlineData(long.MaxValue, 1)]
    public void A_patch_outside_the_file_is_refused(long offset, int length)
    {
        Content(10);

        Assert.Throws<ArgumentException>(() => HashedCopy.Copy(folder["source"], folder["copy"], [new FilePatch(offset, new byte[length])]));
        Assert.False(File.Exists(folder["copy"]));
    }

    [Fact]
    public void A_target_that_is_there_is_not_overwritten()
    {
        Content(10);
        File.WriteAllText(folder["copy"], "mine");

        Assert.Throws<IOException>(() => HashedCopy.Copy(folder["source"], folder["copy"], []));
        Assert.Equal("mine", File.ReadAllText(folder["copy"]));
    }

    [Fact]
    public void Cancellation_ends_it()
    {
        Content(10);

        Assert.Throws<OperationCanceledException>(() => HashedCopy.Copy(folder["source"], folder["copy"], [], cancellation: new CancellationToken(canceled: true)));
    }

    public void Dispose() => folder.Dispose();

    private static string Hex(IEnumerable<System.Collections.Immutable.ImmutableArray<byte>> digests) => string.Join(' ', digests.Select(d => Convert.ToHexStringLower(d.AsSpan())));

    private static string Parts(byte[] content, long? shardSize) => string.Join(' ', content.Chunk((int)(shardSize ?? content.Length)).Select(c => Convert.ToHexStringLower(SHA256.HashData(c))));

    private byte[] Content(int length)
    {
        var content = new byte[length];
        for (var i = 0; i < length; i++) content[i] = (byte)((i * 31) ^ (i >> 8));
        File.WriteAllBytes(folder["source"], content);
        return content;
    }
}
