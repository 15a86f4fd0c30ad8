namespace ModelGuard.Cli.Tests.Commands;

/// <summary><c>card</c>, and what it means for report, signature and edit.</summary>
public sealed class CardCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>, IDisposable
{
    private static readonly (string, string?)[] NoLibTorch = [("MODELGUARD_LIBTORCH", "/no/such/folder")];
    private readonly PolicyFolder folder = new();

    private string Card => Path.Combine(folder.Output, "README.md");

    [Fact]
    public async Task The_card_is_a_part_of_the_model_and_all_checks_hold_with_it()
    {
        Copy();
        var before = await File.ReadAllTextAsync(folder.Report);

        var card = await RunAsync("card", folder.Output, "--base-model", "owner/base");
        var text = await File.ReadAllTextAsync(Card);
        var again = await RunAsync("card", folder.Output, "--base-model", "owner/base");
        await RunAsync("keygen", "--output", folder["key.pem"], "--public-output", folder["key.pub.pem"]);
        var sign = await RunAsync("sign", folder.Output, "--private-key", folder["key.pem"]);
        var verify = await Tool.RunAsync("verify", folder.Policy, "--only", "signature,digest,edit", "--public-key", folder["key.pub.pem"]);
        var edit = await Tool.RunAsync("edit", folder.Policy);

        Assert.Equal((0, 0, 0), (card.ExitCode, again.ExitCode, sign.ExitCode));
        Assert.StartsWith("---\nbase_model: owner/base\n", text, StringComparison.Ordinal);
        Assert.Equal($"'{Card}' says so already.", Assert.Single(again.ErrorLines));
        Assert.Equal(text, await File.ReadAllTextAsync(Card));
        Assert.True(verify.ExitCode == 0, verify.All);
        Assert.EndsWith("nothing was added and nothing is missing, and README.md is what 'card' makes.", verify.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Contains("is up to date", edit.Error, StringComparison.Ordinal);
        // Of the report only the digest of the model is another.
        var after = await File.ReadAllTextAsync(folder.Report);
        Assert.Equal(1, before.Split('\n').Zip(after.Split('\n')).Count(p => p.First != p.Second));
    }

    [Fact]
    public async Task A_card_that_says_something_else_is_no_part_of_the_edit()
    {
        Copy();
        await RunAsync("card", folder.Output);
        await File.AppendAllTextAsync(Card, "Really.\n");

        var verify = await Tool.RunAsync("verify", folder.Policy, "--only", "edit");

        Assert.Equal(3, verify.ExitCode);
        Assert.StartsWith($"modelguard: error MG2024: 'README.md' in '{folder.Output}' has another content", Assert.Single(verify.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_would_break_something_is_refused()
    {
        Copy();
        await File.WriteAllTextAsync(Card, "---\na: 1\n");
        await Refused(3, "MG2018");
        File.Delete(Card);
        await File.WriteAllTextAsync(Path.Combine(folder.Output, "model.sig"), "{}");
        await Refused(2, "MG2031");
        File.Delete(Path.Combine(folder.Output, "model.sig"));
        File.Delete(folder.Report);
        await Refused(2, "MG2019");

        async Task Refused(int exitCode, string code)
        {
            var before = PolicyFolder.State(folder.Root);
            var result = await RunAsync("card", folder.Output);
            Assert.True(result.ExitCode == exitCode, result.All);
            Assert.StartsWith($"modelguard: error {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
            Assert.Equal(before, PolicyFolder.State(folder.Root));
        }
    }

    [Fact]
    public async Task A_base_with_a_card_that_cannot_be_changed_is_told()
    {
        using var other = new PolicyFolder(PolicyFolder.Text(baseFolder: folder.Copy(PolicyFolder.Base, "base")));
        await File.WriteAllTextAsync(Path.Combine(folder["base"], "README.md"), "---\na: [\n---\n");
        await Tool.RunAsync("edit", other.Policy);

        var result = await RunAsync("card", other.Output);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("modelguard: error MG1501: The front matter of the model card is no valid YAML: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static Task<ChildProcess.Finished> RunAsync(params string[] arguments) => Tool.RunInAsync(null, NoLibTorch, arguments);

    private void Copy() => folder.Copy(edited.Folder.Output, "out");
}
