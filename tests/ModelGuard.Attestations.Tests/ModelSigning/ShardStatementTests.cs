using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Checkpoints;
using ModelGuard.Shared;

namespace ModelGuard.Attestations.Tests.ModelSigning;

/// <summary>Model signatures over shards: those of the reference implementation are read, and lists that leave a byte to chance are not.</summary>
public sealed class ShardStatementTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_statement_looks_like_this() => Snapshot.Verify(Statement(8, "weights.bin:0:8", "weights.bin:8:16", "weights.bin:16:20").ToJsonString(new() { WriteIndented = true, NewLine = "\n" }));

    [Fact]
    public void What_is_written_is_read_again()
    {
        var manifest = ModelManifest.Create("m", [Resource("a:0:8"), Resource("a:8:9"), Resource("b/c:0:3")], ["model.sig"], shardSize: 8);

        var read = ModelStatement.Read(ModelStatement.Create(manifest).ToJson(), "model.sig");

        Assert.Equal((8, manifest.Root), (read.ShardSize, read.Root));
        Assert.Equal([("a", 9, 2), ("b/c", 3, 1)], read.Files().Select(f => (f.Name, f.Length ?? 0, f.Resources.Length)));
    }

    // sigstore/model-transparency, tests/_signing/testdata/signing/TestPayload: sample_model_folder_small_shards, sample_model_folder_shard, deep_model_folder_small_shards.
    [Theory]
    [InlineData("8.0", "sha256-sharded-8", "2139af57fd2a4f324ac7cd0fc04898cce73d0871b363c8eb3fc07ab7da4c8445", false)]
    [InlineData("8", "sha256", "2139af57fd2a4f324ac7cd0fc04898cce73d0871b363c8eb3fc07ab7da4c8445", false)]
    [InlineData("1000000000.0", "sha256-sharded-1000000000", "143cc682e555951649f18e2761c3d526d2502996f5e32dc187ef7f8a614f8df7", false)]
    [InlineData("1e9", "sha256-sharded-1000000000", "143cc682e555951649f18e2761c3d526d2502996f5e32dc187ef7f8a614f8df7", false)]
    [InlineData("8.0", "sha256-sharded-8", "fe81b684c60474cea9b27ba1de9993e54bb19806664613758aa4d335ee398497", true)]
    public void A_statement_of_the_reference_implementation_is_read_and_fits_its_files(string size, string algorithm, string root, bool isDeep)
    {
        var files = isDeep ? DeepModel() : SampleModel();
        foreach (var (name, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
            File.WriteAllText(folder[name], content);
        }

        var shardSize = (int)double.Parse(size, System.Globalization.CultureInfo.InvariantCulture);
        // It lists files by their parts and shards by their offsets, and spells the algorithm with the size.
        var resources = files.SelectMany(f => f.Content.Chunk(shardSize).Select((c, i) => $$"""{"algorithm":"{{algorithm}}","digest":"{{Hex(new string(c))}}","name":"{{f.Name}}:{{i * shardSize}}:{{(i * shardSize) + c.Length}}"}"""));
        var statement = $$"""
            {
              "_type": "https://in-toto.io/Statement/v1",
              "subject": [{ "name": "m", "digest": { "sha256": "{{root}}" } }],
              "predicateType": "https://model_signing/signature/v1.0",
              "predicate": {
                "serialization": { "method": "shards", "hash_type": "sha256", "allow_symlinks": true, "shard_size": {{size}} },
                "resources": [{{string.Join(',', resources)}}]
              }
            }
            """;

        var manifest = ModelStatement.Read(Encoding.UTF8.GetBytes(statement), "model.sig");

        Assert.Equal(root, manifest.Root);
        AssertSame(Compare(manifest));
        File.AppendAllText(folder[files[1].Name], "!");
        Assert.Equal([files[1].Name], Compare(manifest).Changed);
    }

    [Fact]
    public void Files_are_told_apart_by_their_shards()
    {
        foreach (var (name, content) in new[] { ("same", "0123456789"), ("longer", "0123456789"), ("shorter", "0123456789"), ("emptied", "0123456789"), ("removed", "0123456789") }) File.WriteAllText(folder[name], content);
        var manifest = ModelManifest.Create("m", Files(4).SelectMany(f => f.Resources), [], 4);
        File.WriteAllText(folder["longer"], "0123456789a");
        File.WriteAllText(folder["shorter"], "01234567");
        File.WriteAllText(folder["emptied"], "");
        File.Delete(folder["removed"]);
        File.WriteAllText(folder["added"], "x");
        File.WriteAllText(folder["empty"], "");

        var differences = Compare(manifest);

        Assert.Equal(["emptied", "longer", "shorter"], differences.Changed);
        Assert.Equal(["removed"], differences.Missing);
        Assert.Equal(["added"], differences.Unsigned);
    }

    [Fact]
    public void A_name_may_hold_colons_as_only_the_last_two_part_its_offsets()
    {
        File.WriteAllText(folder["a:0:4"], "0123456");
        var manifest = ModelManifest.Create("m", Files(4).SelectMany(f => f.Resources), [], 4);

        Assert.Equal(["a:0:4:0:4", "a:0:4:4:7"], manifest.Resources.Select(r => r.Name), StringComparer.Ordinal);
        AssertSame(Compare(ModelStatement.Read(ModelStatement.Create(manifest).ToJson(), "model.sig")));
    }

    [Fact]
    public void A_model_that_is_one_file_has_that_files_name_whatever_the_signer_called_it()
    {
        var manifest = ModelStatement.Read(Encoding.UTF8.GetBytes(Statement(8, ".:0:8", ".:8:9").ToJsonString()), "model.sig");

        Assert.Equal(["w.safetensors:0:8", "w.safetensors:8:9"], manifest.OfOneFile("w.safetensors").Resources.Select(r => r.Name), StringComparer.Ordinal);
        Assert.Equal(manifest.Root, manifest.OfOneFile("w.safetensors").Root);
    }

    [Theory]
    [InlineData("a:8:10,a:0:8")]
    [InlineData("a:0:8,b:0:1,a:8:9")]
    [InlineData("a:0:9223372036854775807", "9223372036854775807")]
    public void Any_order_and_any_size_is_accepted(string names, string size = "8") => Assert.Equal(names.Split(',').Length, Read(names, size).Resources.Length);

    [Theory]
    [InlineData("a:0:8,a:4:12", "the shard 'a:4:12' does not begin where the one before it ends, at 8")]
    [InlineData("a:0:8,a:0:4", "the shard 'a:0:4' does not begin where the one before it ends, at 8")]
    [InlineData("a:0:8,a:16:20", "the shard 'a:16:20' does not begin where the one before it ends, at 8")]
    [InlineData("a:8:16", "the shard 'a:8:16' does not begin where the one before it ends, at 0")]
    [InlineData("a:0:4,a:4:12", "the shard 'a:4:12' follows one with less than the 8 bytes of 'predicate.serialization.shard_size'")]
    [InlineData("a:0:9", "the shard 'a:0:9' has no bytes, or more than the 8 of 'predicate.serialization.shard_size'")]
    [InlineData("a:0:0", "the shard 'a:0:0' has no bytes, or more than the 8 of 'predicate.serialization.shard_size'")]
    [InlineData("a:0:8,a:8:8", "the shard 'a:8:8' has no bytes, or more than the 8 of 'predicate.serialization.shard_size'")]
    [InlineData("a:0:8,a:8:4", "the shard 'a:8:4' has no bytes, or more than the 8 of 'predicate.serialization.shard_size'")]
    [InlineData("a:0:9223372036854775807", "the shard 'a:0:9223372036854775807' has no bytes, or more than the 8 of 'predicate.serialization.shard_size'")]
    [InlineData("a:0:8,a:0:8", "'predicate.resources' names 'a:0:8' twice")]
    [InlineData("a", "'a' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:8", "'a:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData(":0:8", "':0:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0:", "'a:0:' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a::8", "'a::8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:-8:0", "'a:-8:0' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:+0:8", "'a:+0:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:00:8", "'a:00:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0:08", "'a:0:08' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0: 8", "'a:0: 8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0:8 ", "'a:0:8 ' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0:８", "'a:0:８' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0x0:8", "'a:0x0:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a:0:9223372036854775808", "'a:0:9223372036854775808' is no shard 'path:start:end' of a path within a model")]
    [InlineData("../a:0:8", "'../a:0:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("/a:0:8", "'/a:0:8' is no shard 'path:start:end' of a path within a model")]
    [InlineData("a//b:0:8", "'a//b:0:8' is no shard 'path:start:end' of a path within a model")]
    public void A_list_that_does_not_have_every_byte_once_is_refused(string names, string why) => Refused(names, "8", why);

    [Theory]
    [InlineData("0")]
    [InlineData("-8")]
    [InlineData("8.5")]
    [InlineData("9223372036854775808")]
    [InlineData("1e30")]
    [InlineData("1e-30")]
    [InlineData("1e400")]
    [InlineData("\"8\"")]
    [InlineData("true")]
    [InlineData("null")]
    public void A_size_that_is_no_number_of_bytes_is_refused(string size) => Refused("a:0:8", size, "'predicate.serialization.shard_size' is no whole number from 1 on");

    [Theory]
    [InlineData("sha256-sharded-9")]
    [InlineData("sha256-sharded-08")]
    [InlineData("sha256-sharded-8.0")]
    [InlineData("blake2b-sharded-8")]
    [InlineData("sha512")]
    public void A_digest_by_another_algorithm_is_refused(string algorithm) => Refused("a:0:8", "8", $"'a:0:8' is digested with '{algorithm}', and only 'sha256' is computed here", algorithm);

    [Fact]
    public void Whole_files_are_not_digested_by_the_algorithm_of_shards()
    {
        var statement = Statement(8, "a:0:8");
        statement["predicate"]!["serialization"] = JsonNode.Parse("""{"method":"files","hash_type":"sha256","allow_symlinks":false}""");

        var error = Assert.Throws<AttestationException>(() => ModelStatement.Read(Encoding.UTF8.GetBytes(statement.ToJsonString()), "model.sig"));

        Assert.Contains("'a:0:8' is digested with 'sha256-sharded-8'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shards_name_is_read_as_it_is_written() => Gen.Select(Gen.String, Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue]).Where(s => s.Item1.Length > 0).Sample(s =>
        ShardName.Parse(new ShardName(s.Item1, s.Item2, s.Item3).ToString()) == new ShardName(s.Item1, s.Item2, s.Item3));

    [Fact]
    public void No_two_texts_name_the_same_shard() => Gen.Select(Gen.OneOfConst("a", "a:0", ":", ""), Gen.Char["0123456789:+- a"].Array[0, 8]).Sample((path, tail) =>
        ShardName.Parse($"{path}:{new string(tail)}") is not { } shard || shard.ToString() == $"{path}:{new string(tail)}");

    public void Dispose() => folder.Dispose();

    private static (string Name, string Content)[] SampleModel() =>
    [
        .. from d in Enumerable.Range(0, 2) from f in Enumerable.Range(0, 3) select ($"d{d}/f{d}{f}", $"This is file f{d}{f} in d{d}."),
        .. from f in Enumerable.Range(0, 4) select ($"f{f}", $"This is file f{f} in root."),
    ];

    private static (string Name, string Content)[] DeepModel() => [.. from f in Enumerable.Range(0, 4) select ($"d0/d1/d2/d3/d4/f{f}", $"This is file f{f}.")];

    private static string Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static SignedResource Resource(string name) => new(name, [.. SHA256.HashData(Encoding.UTF8.GetBytes(name))]);

    private static JsonNode Statement(long size, params string[] names) => JsonNode.Parse(ModelStatement.Create(ModelManifest.Create("m", names.Select(Resource), ["model.sig"], size)).ToJson())!;

    private static ModelManifest Read(string names, string size, string? algorithm = null)
    {
        // The root digest is that of the listed order, so that nothing but the list decides.
        var manifest = new ModelManifest("m", [.. names.Split(',').Select(Resource)], []) { ShardSize = 8 };
        var statement = JsonNode.Parse(ModelStatement.Create(manifest).ToJson())!;
        foreach (var resource in statement["predicate"]!["resources"]!.AsArray()) resource!["algorithm"] = algorithm ?? "sha256";
        var text = statement.ToJsonString().Replace("\"shard_size\":8", $"\"shard_size\":{size}", StringComparison.Ordinal);
        return ModelStatement.Read(Encoding.UTF8.GetBytes(text), "model.sig");
    }

    private static void Refused(string names, string size, string why, string? algorithm = null)
    {
        var error = Assert.Throws<AttestationException>(() => Read(names, size, algorithm));

        Assert.Equal(("MG2006", true), (error.Code, error.DoesNotHold));
        Assert.Equal($"What 'model.sig' signs is no model as OpenSSF model signing 1.0 describes it: {why}. Have the model signed again.", error.Message);
    }

    private static void AssertSame(ModelDifferences differences) => Assert.Empty(differences.Changed.Concat(differences.Missing).Concat(differences.Unsigned));

    private ModelDifferences Compare(ModelManifest manifest) => ModelDifferences.Between(manifest, Files(manifest.ShardSize));

    private IEnumerable<SignedFile> Files(long? shardSize) =>
        Digests.Files(ModelFiles.Of(folder.Path, LinkRule.Refuse), DigestCache.None, shardSize).Select(f => new SignedFile(f.Name, [.. f.Resources.Select(r => new SignedResource(r.Name, r.Sha256))]));
}
