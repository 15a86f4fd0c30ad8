using System.Text.Json;
using ModelGuard.Checkpoints;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class DeltaCommandsTests : IDisposable
{
    private static readonly (string, string?)[] NoLibTorch = [("MODELGUARD_LIBTORCH", "/no/such/folder")];
    private readonly PolicyFolder folder = new();

    private string Delta => folder["change.safetensors"];

    [Fact]
    public async Task A_delta_makes_the_edited_checkpoint_and_the_base_again_without_LibTorch()
    {
        var edit = await Tool.RunAsync("edit", folder.Policy, "--delta", Delta);
        var apply = await Tool.RunInAsync(null, NoLibTorch, "apply", PolicyFolder.Base, "--delta", Delta, "--output", folder["applied"]);
        var revert = await Tool.RunInAsync(null, NoLibTorch, "revert", folder["applied"], "--delta", Delta, "--output", folder["reverted"], "--json");
        var again = await Tool.RunAsync("edit", folder.Policy, "--output", folder["applied"]);

        Assert.True(edit.ExitCode == 0 && apply.ExitCode == 0 && revert.ExitCode == 0, edit.All + apply.All + revert.All);
        var (edited, applied) = (Contents(folder.Output), Contents(folder["applied"]));
        Assert.True(edited.Remove("modelguard-report.json") && applied.Remove("modelguard-report.json"));
        Assert.Equal(edited, applied);
        Assert.Equal(Contents(PolicyFolder.Base), Contents(folder["reverted"]));
        Assert.Contains($" tensor(s) of '{PolicyFolder.Base}' → '{folder["applied"]}', {Digests.RootDigest(folder.Output)}.", apply.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(revert.Output);
        Assert.Equal(Digests.RootDigest(PolicyFolder.Base), json.RootElement.GetProperty("digest").GetString());
        // What was applied counts as edited: its report says by which policy, from which base.
        Assert.Contains("is up to date", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_that_comes_with_an_applied_delta_is_that_of_the_edit_without_the_run()
    {
        await Tool.RunAsync("edit", folder.Policy, "--delta", Delta);
        await Tool.RunAsync("apply", PolicyFolder.Base, "--delta", Delta, "--output", folder["applied"]);

        var edited = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(folder.Report))!.AsObject();
        Assert.True(edited.Remove("run"));
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(edited, System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(folder["applied/modelguard-report.json"]))));
    }

    [Fact]
    public async Task A_second_edit_writes_a_delta_only_if_it_is_not_there()
    {
        var first = await Tool.RunAsync("edit", folder.Policy);
        var second = await Tool.RunAsync("edit", folder.Policy, "--delta", Delta);
        var written = await File.ReadAllBytesAsync(Delta);
        var third = await Tool.RunAsync("edit", folder.Policy, "--delta", Delta);
        await File.WriteAllTextAsync(Delta, "damaged");
        var fourth = await Tool.RunAsync("edit", folder.Policy, "--delta", Delta);

        Assert.All([first, second, third, fourth], r => Assert.True(r.ExitCode == 0, r.All));
        Assert.Equal([false, false, true, false], new[] { first, second, third, fourth }.Select(r => r.Error.Contains("is up to date", StringComparison.Ordinal)));
        Assert.Equal(written, await File.ReadAllBytesAsync(Delta));
    }

    [Fact]
    public async Task A_delta_may_lie_beside_the_edited_checkpoint_under_its_own_name_and_nowhere_else_in_a_model()
    {
        var beside = Path.Combine(folder.Output, "modelguard.delta.safetensors");

        var edit = await Tool.RunAsync("edit", folder.Policy, "--delta", beside);
        var again = await Tool.RunAsync("edit", folder.Policy, "--delta", beside);
        var inside = await Tool.RunAsync("edit", folder.Policy, "--delta", Path.Combine(folder.Output, "unet", "change.safetensors"));
        var inBase = await Tool.RunAsync("edit", folder.Policy, "--delta", Path.Combine(PolicyFolder.Base, "change.safetensors"));
        var apply = await Tool.RunAsync("apply", PolicyFolder.Base, "--delta", beside, "--output", folder["applied"]);

        Assert.True(edit.ExitCode == 0 && apply.ExitCode == 0, edit.All + apply.All);
        Assert.Contains("is up to date", again.Error, StringComparison.Ordinal);
        Assert.Equal(Digests.RootDigest(folder.Output), Digests.RootDigest(folder["applied"]));
        Assert.All([inside, inBase], r => Assert.True(r.ExitCode == 2 && r.Error.StartsWith("modelguard: error MG1046: ", StringComparison.Ordinal), r.All));
        Assert.False(File.Exists(Path.Combine(PolicyFolder.Base, "change.safetensors")));
    }

    [Fact]
    public async Task Another_checkpoint_ends_in_exit_code_3_and_what_is_no_delta_in_2()
    {
        await Tool.RunAsync("edit", folder.Policy, "--delta", Delta);
        await File.WriteAllBytesAsync(folder["cut.safetensors"], (await File.ReadAllBytesAsync(Delta))[..^1]);

        var results = await Task.WhenAll(
            Tool.RunAsync("apply", folder.Output, "--delta", Delta, "--output", folder["new"]),
            Tool.RunAsync("revert", PolicyFolder.Base, "--delta", Delta, "--output", folder["new"]),
            Tool.RunAsync("apply", PolicyFolder.Base, "--delta", folder["cut.safetensors"], "--output", folder["new"]),
            Tool.RunAsync("apply", PolicyFolder.Base, "--delta", Path.Combine(PolicyFolder.Base, "text_encoder", "model.safetensors"), "--output", folder["new"]),
            Tool.RunAsync("apply", PolicyFolder.Base, "--delta", folder["none.safetensors"], "--output", folder["new"]),
            Tool.RunAsync("apply", PolicyFolder.Base, "--delta", Delta, "--output", Path.Combine(PolicyFolder.Base, "out")));

        Assert.Equal([(3, "MG1043"), (3, "MG1044"), (2, "MG0207"), (2, "MG1040"), (2, "MG0200"), (2, "MG0260")], results.Select(r => (r.ExitCode, Assert.Single(r.ErrorLines)["modelguard: error ".Length..][..6])));
        Assert.False(Directory.Exists(folder["new"]));
    }

    public void Dispose() => folder.Dispose();

    private static Dictionary<string, string> Contents(string root) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(root, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))), StringComparer.Ordinal);
}
