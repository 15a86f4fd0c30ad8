using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelGuard.Cli.Tests.Evidence;

/// <summary><c>verify --fingerprint</c>: from a model in use and a report alone.</summary>
public sealed class FingerprintCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>, IDisposable
{
    private const string Weights = "text_encoder/model.safetensors";
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_edited_encoder_is_known_from_the_deployed_folder_and_the_report()
    {
        var deployed = Deploy();

        var result = await Tool.RunAsync("verify", deployed, "--fingerprint", "--report", edited.Folder.Report);
        var own = await Tool.RunAsync("verify", edited.Folder.Output, "--only", "fingerprint", "--json");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal("Fingerprint: holds. 'text_encoder' answer(s) 5 canary prompts as the edited encoder does, and not as the base's (4 tell them apart).", Assert.Single(result.ErrorLines));
        using var json = JsonDocument.Parse(own.Output);
        var encoder = Assert.Single(json.RootElement.GetProperty("fingerprint").GetProperty("encoders").EnumerateArray().ToArray());
        Assert.Equal(("text_encoder", "Edited", 4), (encoder.GetProperty("component").GetString(), encoder.GetProperty("kind").GetString(), encoder.GetProperty("asEdited").GetInt32()));
    }

    [Fact]
    public async Task An_encoder_that_was_swapped_back_is_told()
    {
        var deployed = Deploy();
        File.Copy(Path.Combine(PolicyFolder.Base, Weights), Path.Combine(deployed, Weights), overwrite: true);

        var result = await Tool.RunAsync("verify", deployed, "--fingerprint", "--report", edited.Folder.Report);

        Assert.True(result.ExitCode == 3, result.All);
        Assert.Equal($"modelguard: error MG2027: The text encoder 'text_encoder' of '{deployed}' is that of the base: of 4 prompt(s) that tell them apart it answers 0 as the edited one and 4 as the base's. The edit was taken back. Deploy the edited model again.", Assert.Single(result.ErrorLines));
    }

    [Fact]
    public async Task Another_edit_is_told()
    {
        using var other = new PolicyFolder(PolicyFolder.Text().Replace("\"circle\"", "\"dog\"", StringComparison.Ordinal));
        await Tool.RunAsync("edit", other.Policy);

        var result = await Tool.RunAsync("verify", other.Output, "--fingerprint", "--report", edited.Folder.Report);

        Assert.True(result.ExitCode == 3, result.All);
        Assert.StartsWith($"modelguard: error MG2028: The text encoder 'text_encoder' of '{other.Output}' is neither the edited one of 'modelguard-report.json' nor the base's: of 4 prompt(s) that tell them apart it answers 0 as the edited one and 0 as the base's.", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_without_a_usable_fingerprint_are_told()
    {
        var deployed = Deploy();

        await Refused(2, "MG2026", "There is no report of an edit in", null);
        await Refused(2, "MG2026", "'report.json' holds no fingerprint of a text encoder: the edit changed none, or an earlier version of the tool wrote it.", r => r["edit"]!.AsObject().Remove("fingerprint"));
        await Refused(3, "MG2021", "The fingerprint in 'report.json' is malformed", r => Fingerprint(r)["prompts"]!.AsArray().Add("more"));
        await Refused(3, "MG2021", "The fingerprint in 'report.json' is malformed", r => Fingerprint(r)["encoders"]![0]!["edited"]![0]!.AsArray().RemoveAt(0));
        await Refused(3, "MG2021", "The fingerprint in 'report.json' is malformed", r => Fingerprint(r)["encoders"]![0]!["layers"] = 0);
        await Refused(3, "MG2021", "'report.json' is no report of ModelGuard", r => Fingerprint(r)["encoders"] = null);
        await Refused(3, "MG2021", "'report.json' is no report of ModelGuard", r => Fingerprint(r)["encoders"]![0]!["base"] = null);
        await Refused(2, "MG2029", "The text encoder 'text_encoder' of ", r => Fingerprint(r)["encoders"]![0]!["base"] = Fingerprint(r)["encoders"]![0]!["edited"]!.DeepClone());

        async Task Refused(int exitCode, string code, string sentence, Action<JsonNode>? change)
        {
            var report = JsonNode.Parse(await File.ReadAllTextAsync(edited.Folder.Report))!;
            change?.Invoke(report);
            await File.WriteAllTextAsync(folder["report.json"], report.ToJsonString());
            var result = await Tool.RunAsync(["verify", deployed, "--fingerprint", .. change is null ? Array.Empty<string>() : ["--report", folder["report.json"]]]);
            Assert.True(result.ExitCode == exitCode, result.All);
            Assert.StartsWith($"modelguard: error {code}: {sentence}", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        }

        static JsonNode Fingerprint(JsonNode report) => report["edit"]!["fingerprint"]!;
    }

    public void Dispose() => folder.Dispose();

    private string Deploy()
    {
        var deployed = edited.Folder.Copy(edited.Folder.Output, Guid.NewGuid().ToString("N"));
        File.Delete(Path.Combine(deployed, "modelguard-report.json"));
        return deployed;
    }
}
