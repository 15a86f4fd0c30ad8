using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Attestations.ModelSigning;

namespace ModelGuard.Attestations.Tests.ModelSigning;

public sealed class ModelStatementTests
{
    [Fact]
    public void A_statement_looks_like_this() => Snapshot.Verify(JsonNode.Parse(Json())!.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }));

    [Fact]
    public void What_is_written_is_read_again()
    {
        var manifest = ModelStatement.Read(Json(), "model.sig");

        Assert.Equal(Manifest().Resources.Select(f => (f.Name, Convert.ToHexString(f.Sha256.AsSpan()))), manifest.Resources.Select(f => (f.Name, Convert.ToHexString(f.Sha256.AsSpan()))));
        Assert.Equal(Manifest().IgnoredPaths, manifest.IgnoredPaths, StringComparer.Ordinal);
        Assert.Equal((Manifest().Root, "governed"), (manifest.Root, manifest.ModelName));
    }

    [Fact]
    public void Files_are_listed_by_the_code_points_of_their_names_and_the_root_digest_follows_that_order()
    {
        string[] expected = ["Z", "a-b", "unet-ema/a.bin", "unet.json", "unet/a.bin", "\uFFFC", "\U00010000"];
        var manifest = ModelManifest.Create("m", expected.Reverse().Select(File), []);

        Assert.Equal(expected, manifest.Resources.Select(f => f.Name), StringComparer.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([.. expected.SelectMany(n => File(n).Sha256)])), manifest.Root);
    }

    [Fact]
    public void Any_order_is_accepted_when_reading_as_the_root_digest_is_that_of_the_listed_order()
    {
        var statement = JsonNode.Parse(Json())!;
        var resources = statement["predicate"]!["resources"]!.AsArray();
        var first = resources[0]!.DeepClone();
        resources.RemoveAt(0);
        resources.Add(first);
        Assert.Equal("MG2007", Refused(statement).Code);

        statement["subject"]![0]!["digest"]!["sha256"] = Convert.ToHexStringLower(SHA256.HashData([.. resources.SelectMany(r => Convert.FromHexString(r!["digest"]!.GetValue<string>()))]));

        Assert.Equal(3, ModelStatement.Read(Bytes(statement), "model.sig").Resources.Length);
    }

    public static TheoryData<string, string> Changes => new()
    {
        { "_type", "\"https://in-toto.io/Statement/v0.1\"" },
        { "predicateType", "\"https://slsa.dev/provenance/v1\"" },
        { "subject", "[]" },
        { "subject", "[{\"name\":\"a\",\"digest\":{\"sha256\":\"00\"}},{\"name\":\"b\",\"digest\":{\"sha256\":\"00\"}}]" },
        { "subject", "[{\"name\":\"a\",\"digest\":{\"sha512\":\"00\"}}]" },
        { "predicate", "{}" },
        { "predicate", "[]" },
        { "predicate.more", "1" },
        { "predicate.resources", "[]" },
        { "predicate.resources", "{}" },
        { "predicate.resources.0.name", "\"../a\"" },
        { "predicate.resources.0.name", "\"/a\"" },
        { "predicate.resources.0.name", "\"a//b\"" },
        { "predicate.resources.0.name", "\"a\\\\b\"" },
        { "predicate.resources.0.name", "\"unet/w.safetensors\"" },
        { "predicate.resources.0.name", "\"\"" },
        { "predicate.resources.0.algorithm", "\"blake2b\"" },
        { "predicate.resources.0.digest", "\"00\"" },
        { "predicate.resources.0.digest", "\"" + new string('F', 64) + "\"" },
        { "predicate.resources.0.digest", "7" },
        { "predicate.serialization.method", "\"shards\"" },
        { "predicate.serialization.method", "\"tensors\"" },
        { "predicate.serialization.shard_size", "8" },
        { "predicate.serialization.hash_type", "\"blake3\"" },
        { "predicate.serialization.ignore_paths", "[1]" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_is_no_model_signature_is_refused(string path, string value)
    {
        var error = Refused(JsonNode.Parse(Json())!.With(path, value));

        Assert.Equal("MG2006", error.Code);
        Assert.True(error.DoesNotHold);
        Assert.StartsWith("What 'model.sig' signs is no ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("signed again.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_digest_that_is_not_that_of_the_files_is_refused()
    {
        var statement = JsonNode.Parse(Json())!;
        statement["subject"]![0]!["digest"]!["sha256"] = new string('0', 64);

        var error = Refused(statement);

        Assert.Equal("MG2007", error.Code);
        Assert.Equal($"The root digest in 'model.sig' is {new string('0', 64)}, but its list of files makes {Manifest().Root}. Have the model signed again.", error.Message);
    }

    [Fact]
    public void Ignored_paths_may_be_absent_as_in_old_signatures()
    {
        var statement = JsonNode.Parse(Json())!;
        statement["predicate"]!["serialization"]!.AsObject().Remove("ignore_paths");

        Assert.Empty(ModelStatement.Read(Bytes(statement), "model.sig").IgnoredPaths);
    }

    [Theory]
    [InlineData("extra", "extra", true)]
    [InlineData("extra", "extra/a/b", true)]
    [InlineData("extra", "extras", false)]
    [InlineData("extra", "inner/extra", false)]
    [InlineData("extra/a", "extra/a", true)]
    [InlineData("extra/a", "extra/b", false)]
    [InlineData("Extra", "extra", false)]
    [InlineData("ex*", "extra", false)]
    [InlineData("../model/extra", "extra", false)]
    [InlineData("/extra", "extra", false)]
    [InlineData(".", "extra", false)]
    [InlineData("", "extra", false)]
    [InlineData("x", ".git/config", true)]
    [InlineData("x", ".github", true)]
    [InlineData("x", "unet/.git", false)]
    [InlineData("x", "model.sig", true)]
    [InlineData("x", "unet/model.sig", false)]
    public void Ignored_paths_are_exact_with_what_lies_below(string ignored, string name, bool isIgnored) =>
        Assert.Equal(isIgnored, IgnoredPaths.OfVerifier(new ModelManifest("m", [], [ignored]), ["model.sig"]).Covers(name));

    private static SignedResource File(string name) => new(name, [.. SHA256.HashData(Encoding.UTF8.GetBytes(name))]);

    private static ModelManifest Manifest() => ModelManifest.Create("governed", [File("unet/w.safetensors"), File("b/c"), File("ä.json")], [".git", "model.sig", ".git"]);

    private static byte[] Json() => ModelStatement.Create(Manifest()).ToJson();

    private static byte[] Bytes(JsonNode statement) => Encoding.UTF8.GetBytes(statement.ToJsonString());

    private static AttestationException Refused(JsonNode statement) => Assert.Throws<AttestationException>(() => ModelStatement.Read(Bytes(statement), "model.sig"));
}
