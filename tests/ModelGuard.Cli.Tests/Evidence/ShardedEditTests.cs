using System.Text.Json.Nodes;
using ModelGuard.Checkpoints;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>An edit whose report is over shards: whoever holds it against the model recomputes the same root digests.</summary>
public sealed class ShardedEditTests : IDisposable
{
    private const string Large = "text_encoder/notes.txt";
    private readonly PolicyFolder folder;

    public ShardedEditTests()
    {
        folder = new PolicyFolder();
        folder.Copy(PolicyFolder.Base, "base");
        // More than one shard, so that the two methods have different root digests; it takes no space on the disk.
        using (var file = File.Create(folder["base/" + Large])) file.SetLength(ShardSizes.OfEdits + 5);
        File.WriteAllText(folder.Policy, PolicyFolder.Text(baseFolder: folder["base"]));
    }

    [Fact]
    public async Task A_report_over_shards_is_verified_attested_signed_and_made_again_by_shards()
    {
        var edit = await Tool.RunAsync("edit", folder.Policy, "--serialization", "shards");
        var keygen = await Tool.RunAsync("keygen", "--output", folder["key.pem"], "--public-output", folder["key.pub.pem"]);
        var digest = await Tool.RunAsync("verify", folder.Policy, "--only", "digest");
        var proved = await Tool.RunAsync("verify", folder.Policy, "--only", "edit");
        var attest = await Tool.RunAsync("attest", folder.Output, "--output", folder["attestation"]);
        var sign = await Tool.RunAsync("sign", folder.Output, "--private-key", folder["key.pem"], "--serialization", "shards");
        var signed = await Tool.RunAsync("verify", folder.Policy, "--only", "signature,digest", "--public-key", folder["key.pub.pem"]);

        Assert.All([edit, keygen, digest, proved, attest, sign, signed], r => Assert.True(r.ExitCode == 0, r.All));
        var model = Report()["model"]!;
        Assert.Equal("""{"method":"shards","shardSize":67108864}""", model["serialization"]!.ToJsonString());
        Assert.Equal(Root(folder["base"], ShardSizes.OfEdits), model["base"]!["digest"]!.GetValue<string>());
        Assert.Equal(Root(folder.Output, ShardSizes.OfEdits), model["output"]!["digest"]!.GetValue<string>());
        Assert.NotEqual(Root(folder.Output, null), Root(folder.Output, ShardSizes.OfEdits), StringComparer.Ordinal);
        Assert.StartsWith(Root(folder.Output, ShardSizes.OfEdits)["sha256:".Length..], await File.ReadAllTextAsync(folder["attestation/subjects.txt"]), StringComparison.Ordinal);
        Assert.Contains("Edit: holds.", proved.Error, StringComparison.Ordinal);
        // The shards of the report are those of the signature, and are digested once.
        Assert.Contains("in shards of 67108864 bytes", sign.Error, StringComparison.Ordinal);
        Assert.Contains($"13 file(s) in shards of 67108864 bytes, root digest {Root(folder.Output, ShardSizes.OfEdits)}.", signed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_alone_is_enough_to_solve_the_edit_again()
    {
        await EditAsync();
        File.Move(folder.Report, folder["report.json"]);
        Directory.Delete(folder.Output, recursive: true);

        var proved = await Tool.RunAsync("verify", folder.Policy, "--only", "edit", "--report", folder["report.json"]);

        Assert.True(proved.ExitCode == 0, proved.All);
        Assert.Contains("as the report's root digest says", proved.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_there_by_either_method_is_up_to_date_unless_the_other_one_is_asked_for()
    {
        await EditAsync();
        var kept = await Tool.RunAsync("edit", folder.Policy);
        var same = await Tool.RunAsync("edit", folder.Policy, "--serialization", "shards");
        var other = await Tool.RunAsync("edit", folder.Policy, "--serialization", "files");
        var serialization = Report()["model"]!["serialization"];
        var back = await Tool.RunAsync("edit", folder.Policy, "--serialization", "shards");

        Assert.Equal([true, true, false, false], new[] { kept, same, other, back }.Select(r => r.ExitCode == 0 && r.Error.Contains("is up to date", StringComparison.Ordinal)));
        Assert.Null(serialization);
        await File.AppendAllTextAsync(Path.Combine(folder.Output, Large), "x");
        Assert.DoesNotContain("is up to date", (await Tool.RunAsync("edit", folder.Policy)).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("files", true)]
    [InlineData("shards", true)]
    [InlineData("files", false)]
    [InlineData("shards", false)]
    public async Task A_pin_of_the_base_is_over_its_files_whatever_the_report_is_over(string method, bool isRight)
    {
        var pin = isRight ? Root(folder["base"], null) : Root(folder["base"], ShardSizes.OfEdits);
        await File.WriteAllTextAsync(folder.Policy, PolicyFolder.Text(baseFolder: folder["base"], model: $", digest: '{pin}'"));

        var edit = await Tool.RunAsync("edit", folder.Policy, "--serialization", method);
        var again = await Tool.RunAsync("edit", folder.Policy);
        var proved = isRight ? await Tool.RunAsync("verify", folder.Policy, "--only", "edit") : edit;

        Assert.Equal(isRight ? (0, 0, 0) : (2, 2, 2), (edit.ExitCode, again.ExitCode, proved.ExitCode));
        Assert.Equal(isRight, Directory.Exists(folder.Output));
        if (!isRight) Assert.Contains($"error MG0267: The base '{folder["base"]}' has the digest {Root(folder["base"], null)}, but the policy pins {pin}", edit.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""null""", "MG2018")]
    [InlineData("""{"method":"shards","shardSize":67108865}""", "MG2018")]
    [InlineData("""{"method":"shards","shardSize":9223372036854775807}""", "MG2018")]
    [InlineData("""{"method":"shards","shardSize":1048575}""", "MG2021")]
    [InlineData("""{"method":"shards","shardSize":0}""", "MG2021")]
    [InlineData("""{"method":"shards","shardSize":-1}""", "MG2021")]
    [InlineData("""{"method":"shards","shardSize":9223372036854775808}""", "MG2021")]
    [InlineData("""{"method":"shards","shardSize":"67108864"}""", "MG2021")]
    [InlineData("""{"method":"files","shardSize":67108864}""", "MG2021")]
    [InlineData("""{"method":"shards"}""", "MG2021")]
    [InlineData("""{}""", "MG2021")]
    public async Task A_report_that_says_to_be_over_something_else_does_not_hold(string serialization, string code)
    {
        await EditAsync();
        var report = Report();
        if (serialization == "null") report["model"]!.AsObject().Remove("serialization");
        else report["model"]!["serialization"] = JsonNode.Parse(serialization);
        await File.WriteAllTextAsync(folder.Report, report.ToJsonString());

        var verify = await Tool.RunAsync("verify", folder.Output, "--only", "digest");

        Assert.True(verify.ExitCode == 3, verify.All);
        Assert.Contains($"error {code}: ", Assert.Single(verify.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delta_of_an_edit_over_shards_gives_the_same_root_digests_in_both_directions()
    {
        var edit = await Tool.RunAsync("edit", folder.Policy, "--serialization", "shards", "--delta", folder["change.safetensors"]);
        var apply = await Tool.RunAsync("apply", folder["base"], "--delta", folder["change.safetensors"], "--output", folder["applied"]);
        var revert = await Tool.RunAsync("revert", folder["applied"], "--delta", folder["change.safetensors"], "--output", folder["reverted"]);
        var verify = await Tool.RunAsync("verify", folder["applied"], "--only", "digest");

        Assert.All([edit, apply, revert, verify], r => Assert.True(r.ExitCode == 0, r.All));
        Assert.Equal(Root(folder.Output, null), Root(folder["applied"], null));
        Assert.Equal(Root(folder["base"], null), Root(folder["reverted"], null));
        Assert.Contains(Root(folder["applied"], ShardSizes.OfEdits), apply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_card_changes_the_root_digest_over_shards()
    {
        await EditAsync();

        var card = await Tool.RunAsync("card", folder.Output);
        var digest = await Tool.RunAsync("verify", folder.Policy, "--only", "digest,edit");

        Assert.True(card.ExitCode == 0 && digest.ExitCode == 0, card.All + digest.All);
        Assert.Equal(Root(folder.Output, ShardSizes.OfEdits), Report()["model"]!["output"]!["digest"]!.GetValue<string>());
    }

    public void Dispose() => folder.Dispose();

    private static string Root(string path, long? shardSize) => Digests.RootDigest(path, LinkRule.Refuse, DigestCache.None, shardSize);

    private JsonNode Report() => JsonNode.Parse(File.ReadAllText(folder.Report))!;

    private async Task EditAsync()
    {
        var edit = await Tool.RunAsync("edit", folder.Policy, "--serialization", "shards");
        Assert.True(edit.ExitCode == 0, edit.All);
    }
}
