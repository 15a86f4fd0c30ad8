using System.Text.Json;
using System.Text.Json.Nodes;
using ModelGuard.Attestations.Keys;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>Signatures over shards: what is signed is verified, and every kind of tampering gives exactly one exit code and one sentence.</summary>
public sealed class ShardedSignatureTests
{
    private const int Shard = 1 << 20;
    private const string Large = "unet/large.safetensors";
    private const string Source = "Do not use the model; fetch it again from its source.";

    private static readonly Dictionary<string, (Action<SignedModel> Tamper, string Code, string Sentence)> Kinds = new(StringComparer.Ordinal)
    {
        ["a byte is flipped in a shard"] = (m => Change(m, c => c[Shard + 5] ^= 1), "MG2008", Changed(Large)),
        ["the last byte is flipped"] = (m => Change(m, c => c[^1] ^= 1), "MG2008", Changed(Large)),
        ["two shards are swapped"] = (m => Replace(m, c => [.. c[Shard..(2 * Shard)], .. c[..Shard], .. c[(2 * Shard)..]]), "MG2008", Changed(Large)),
        ["a shard is cut off"] = (m => Replace(m, c => c[..(2 * Shard)]), "MG2008", Changed(Large)),
        ["a shard is added"] = (m => Replace(m, c => [.. c, .. new byte[3 * Shard]]), "MG2008", Changed(Large)),
        ["a byte is added"] = (m => Replace(m, c => [.. c, 0]), "MG2008", Changed(Large)),
        ["a file is emptied"] = (m => m.Write("model_index.json", ""), "MG2008", Changed("model_index.json")),
        ["a file is parted at the end of a shard"] = (m => Part(m), "MG2010", Added("unet/large.safetensors-2")),
        ["a file is removed"] = (m => m.Delete("unet/config.json"), "MG2009", "'unet/config.json' was signed and is not in '{0}'. Fetch the model again, whole."),
        ["a file is added"] = (m => m.Write("unet/w.bin", "pickle"), "MG2010", Added("unet/w.bin")),
        ["an empty file is filled"] = (m => m.Write(".hidden/empty", " "), "MG2010", Added(".hidden/empty")),
        ["more bytes are signed than there are"] = (m => Rename(m, "2097152:2621440", "2097152:3145728"), "MG2008", Changed(Large)),
        ["fewer bytes are signed than there are"] = (m => Rename(m, "2097152:2621440", "2097152:2621439"), "MG2008", Changed(Large)),
        ["a shard is not signed"] = (m => Resign(m, r => r.RemoveAt(IndexOf(r, "1048576:2097152"))), "MG2006", NoModel("the shard 'unet/large.safetensors:2097152:2621440' does not begin where the one before it ends, at 1048576")),
        ["the last shard is not signed"] = (m => Resign(m, r => r.RemoveAt(IndexOf(r, "2097152:2621440"))), "MG2008", Changed(Large)),
        ["shards overlap"] = (m => Rename(m, "2097152:2621440", "2097151:2621440"), "MG2006", NoModel("the shard 'unet/large.safetensors:2097151:2621440' does not begin where the one before it ends, at 2097152")),
        ["the size of shards is another"] = (m => m.Resign(s => Serialization(s)["shard_size"] = 2 * Shard), "MG2006", NoModel("'.hidden/some:0:4' is digested with 'sha256-sharded-1048576', and only 'sha256' is computed here")),
        ["the size of shards is absurd"] = (m => m.Resign(s => Serialization(s)["shard_size"] = -1), "MG2006", NoModel("'predicate.serialization.shard_size' is no whole number from 1 on")),
        ["shards are said to be files"] = (m => m.Resign(s => s["predicate"]!["serialization"] = JsonNode.Parse("""{"method":"files","hash_type":"sha256","allow_symlinks":false}""")), "MG2006", NoModel("'.hidden/some:0:4' is digested with 'sha256-sharded-1048576', and only 'sha256' is computed here")),
        ["shards are said to be files of those names"] = (m => AsFiles(m), "MG2010", "'.hidden/empty', '.hidden/some', 'model_index.json', 'unet/config.json', 'unet/large.safetensors' and 2 more are in '{0}' and not in its signature: added, or renamed, after it was signed. Remove what does not belong there, or fetch the model again from its source."),
    };

    public static TheoryData<string> AllKinds => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(AllKinds))]
    public async Task Tampering_is_told_for_what_it_is(string kind)
    {
        using var model = await SignAsync();
        var (tamper, code, sentence) = Kinds[kind];
        tamper(model);

        var (exitCode, output, error) = await model.VerifyAsync();

        Assert.Equal((3, "", $"modelguard: error {code}: {sentence.Replace("{0}", model.Model, StringComparison.Ordinal)}{Environment.NewLine}"), (exitCode, output, error));
    }

    [Fact]
    public async Task What_was_signed_holds_and_empty_files_are_told_as_no_shard_covers_them()
    {
        using var model = await SignAsync();
        model.Write("unet/added", "");

        var (exitCode, _, error) = await model.VerifyAsync();
        var machine = await model.VerifyAsync("--public-key", model["key.pub.pem"], "--json");

        Assert.True(exitCode == 0, error);
        Assert.StartsWith($"Signature: holds. Signed with the key with hint {model.Hint}; 6 file(s) in shards of 1048576 bytes, root digest sha256:", error, StringComparison.Ordinal);
        Assert.Contains("Not covered by the signature, as it lists shards and an empty file has none: .hidden/empty, unet/added.", error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(machine.Output);
        var signature = json.RootElement.GetProperty("signature");
        Assert.Equal((Shard, 2), (signature.GetProperty("shardSize").GetInt32(), signature.GetProperty("emptyFiles").GetArrayLength()));
    }

    [Fact]
    public async Task A_signature_that_names_shards_as_the_specification_does_holds_too()
    {
        using var model = await SignAsync();
        model.Resign(s =>
        {
            foreach (var resource in s["predicate"]!["resources"]!.AsArray()) resource!["algorithm"] = "sha256";
        });

        var (exitCode, _, error) = await model.VerifyAsync();

        Assert.True(exitCode == 0, error);
    }

    private static async Task<SignedModel> SignAsync()
    {
        var model = await SignedModel.CreateAsync(SigningCurve.P256);
        model.Write(".hidden/some", "some");
        await File.WriteAllBytesAsync(Path.Combine(model.Model, Large), [.. Enumerable.Range(0, (2 * Shard) + (Shard / 2)).Select(i => (byte)((i * 31) ^ (i >> 8) ^ (i >> 20)))]);
        var signed = await InProcess.RunAsync(SomeAuthority.Day, ["sign", model.Model, "--private-key", model["key.pem"], "--serialization", "shards", "--shard-size", "1048576"]);
        Assert.True(signed.ExitCode == 0, signed.Error);
        Assert.StartsWith("Signed 6 file(s) in shards of 1048576 bytes with the key", signed.Error, StringComparison.Ordinal);
        return model;
    }

    private static void Change(SignedModel model, Action<byte[]> change) => Replace(model, c =>
    {
        change(c);
        return c;
    });

    private static void Replace(SignedModel model, Func<byte[], byte[]> change)
    {
        var path = Path.Combine(model.Model, Large);
        File.WriteAllBytes(path, change(File.ReadAllBytes(path)));
    }

    // The same shards in the same order: a root digest alone would not tell.
    private static void Part(SignedModel model)
    {
        var content = File.ReadAllBytes(Path.Combine(model.Model, Large));
        File.WriteAllBytes(Path.Combine(model.Model, Large), content[..Shard]);
        File.WriteAllBytes(Path.Combine(model.Model, Large + "-2"), content[Shard..]);
    }

    private static void Resign(SignedModel model, Action<JsonArray> change) => model.Resign(s =>
    {
        var resources = s["predicate"]!["resources"]!.AsArray();
        change(resources);
        s["subject"]![0]!["digest"]!["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([.. resources.SelectMany(r => Convert.FromHexString(r!["digest"]!.GetValue<string>()))]));
    });

    private static void Rename(SignedModel model, string before, string after) => Resign(model, r => r[IndexOf(r, before)]!["name"] = $"{Large}:{after}");

    private static void AsFiles(SignedModel model) => model.Resign(s =>
    {
        s["predicate"]!["serialization"] = JsonNode.Parse("""{"method":"files","hash_type":"sha256","allow_symlinks":false}""");
        foreach (var resource in s["predicate"]!["resources"]!.AsArray()) resource!["algorithm"] = "sha256";
    });

    private static int IndexOf(JsonArray resources, string range) => resources.Select((r, i) => (Name: r!["name"]!.GetValue<string>(), Index: i)).Single(r => r.Name == $"{Large}:{range}").Index;

    private static JsonNode Serialization(JsonNode statement) => statement["predicate"]!["serialization"]!;

    private static string Changed(string name) => $"'{name}' in '{{0}}' has another content than was signed. {Source}";

    private static string Added(string name) => $"'{name}' is in '{{0}}' and not in its signature: added, or renamed, after it was signed. Remove what does not belong there, or fetch the model again from its source.";

    private static string NoModel(string why) => $"What '{{0}}/model.sig' signs is no model as OpenSSF model signing 1.0 describes it: {why}. Have the model signed again.";
}
