using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class EditCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    private static string TextEncoder(string model) => Path.Combine(model, "text_encoder", "model.safetensors");

    private PolicyFolder Folder => edited.Folder;

    [Fact]
    public void An_edit_writes_the_whole_folder_with_its_report()
    {
        Assert.True(edited.Edit.ExitCode == 0, edited.Edit.All);
        Assert.Empty(edited.Edit.Output);
        Assert.StartsWith("Edited 4 tensor(s), ", edited.Edit.Error, StringComparison.Ordinal);
        Assert.Equal([.. Files(PolicyFolder.Base), "modelguard-report.json"], Files(Folder.Output), StringComparer.Ordinal);
        Assert.NotEqual(File.ReadAllBytes(TextEncoder(PolicyFolder.Base)), File.ReadAllBytes(TextEncoder(Folder.Output)));
        using var report = JsonDocument.Parse(File.ReadAllBytes(Folder.Report));
        Assert.Equal("cpu", report.RootElement.GetProperty("environment").GetProperty("device").GetString());

        static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).OrderBy(f => f == "modelguard-report.json").ThenBy(f => f, StringComparer.Ordinal);
    }

    [Fact]
    public async Task Layers_that_a_policy_leaves_open_are_those_of_a_trace_and_the_report_says_why()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(baseFolder: Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model")).Replace("layers: [0, 1, 2, 3]", "layers: auto", StringComparison.Ordinal));

        var result = await Tool.RunAsync("edit", folder.Policy);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.StartsWith("The trace of 'text_encoder' finds the concepts in layer(s) 0, which are edited.", result.Error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(folder.Report, TestContext.Current.CancellationToken));
        var choice = Assert.Single(report.RootElement.GetProperty("edit").GetProperty("layers").EnumerateArray());
        Assert.Equal([0], choice.GetProperty("chosen").EnumerateArray().Select(l => l.GetInt32()));
        var evidence = Assert.Single(choice.GetProperty("evidence").EnumerateArray());
        Assert.Equal(("star", "localised"), (evidence.GetProperty("concept").GetString(), evidence.GetProperty("conclusion").GetString()));
        Assert.True(evidence.GetProperty("controls").GetProperty("identityIsExact").GetBoolean());
    }

    [Fact]
    public async Task A_second_edit_says_that_all_is_up_to_date_and_writes_nothing()
    {
        var before = PolicyFolder.State(Folder.Output);

        var result = await Tool.RunAsync("edit", Folder.Policy);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal($"'{Folder.Output}' is up to date: same policy, same base, same tool.", Assert.Single(result.ErrorLines));
        Assert.Equal(before, PolicyFolder.State(Folder.Output));
    }

    [Fact]
    public async Task A_single_file_is_edited_in_its_form_and_again_when_the_tokenizer_that_it_takes_from_elsewhere_changes()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(baseFolder: "base.safetensors", model: ", components: parts"));
        var parts = folder.Copy(PolicyFolder.Base, "parts");
        CheckpointConverter.ToSingleFile(Checkpoint.Open(PolicyFolder.Base), folder["base.safetensors"]);

        var first = await Tool.RunAsync("edit", folder.Policy);
        var second = await Tool.RunAsync("edit", folder.Policy);
        await File.AppendAllTextAsync(Path.Combine(parts, "tokenizer", "tokenizer_config.json"), "\n");
        var third = await Tool.RunAsync("edit", folder.Policy);

        Assert.True(first.ExitCode == 0 && second.ExitCode == 0 && third.ExitCode == 0, first.All + second.All + third.All);
        Assert.Equal(["base.safetensors", "modelguard-report.json"], Directory.EnumerateFileSystemEntries(folder.Output).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Contains("Edited 4 tensor(s), ", first.Error, StringComparison.Ordinal);
        Assert.Contains("is up to date", second.Error, StringComparison.Ordinal);
        Assert.Contains("Edited 4 tensor(s), ", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_output_gets_the_same_bytes_and_force_makes_them_again()
    {
        using var other = new TemporaryFolder();
        string[] command = ["edit", Folder.Policy, "--output", other["elsewhere"], "--stamp", other["places.txt"], "--verbosity", "quiet"];

        var first = await Tool.RunAsync(command);
        var report = Path.Combine(other["elsewhere"], "modelguard-report.json");
        var before = await File.ReadAllTextAsync(report);
        var forced = await Tool.RunAsync([.. command, "--force"]);

        Assert.True(first.ExitCode == 0 && forced.ExitCode == 0, first.All + forced.All);
        Assert.Empty(first.Output + first.Error + forced.Output + forced.Error);
        Assert.Equal(await File.ReadAllBytesAsync(TextEncoder(Folder.Output)), await File.ReadAllBytesAsync(TextEncoder(other["elsewhere"])));
        Assert.NotEqual(before, await File.ReadAllTextAsync(report), StringComparer.Ordinal);
        Assert.Equal([$"output={other["elsewhere"]}", $"base={PolicyFolder.Base}", $"scorer={PolicyFolder.Scorer}"], await File.ReadAllLinesAsync(other["places.txt"]), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_base_that_is_not_the_pinned_one_is_refused()
    {
        var pin = "sha256:" + new string('0', 64);
        using var folder = new PolicyFolder(PolicyFolder.Text(model: $", digest: '{pin}'"));

        var result = await Tool.RunAsync("edit", folder.Policy);

        AssertRefused(result, "MG0267");
        Assert.Contains($"the policy pins {pin} in line 2", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.Output));
    }

    [Fact]
    public async Task A_missing_base_is_named()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(baseFolder: "not-there"));

        var result = await Tool.RunAsync("edit", folder.Policy, "--stamp", folder["stamp"]);

        AssertRefused(result, "MG0261");
        Assert.Contains(folder["not-there"], result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["stamp"]));
    }

    [Fact]
    public async Task A_base_that_is_cut_off_is_refused_and_the_old_output_stays()
    {
        using var folder = new PolicyFolder();
        var damaged = folder.Copy(PolicyFolder.Base, "damaged");
        using (var weights = new FileStream(TextEncoder(damaged), FileMode.Open)) weights.SetLength(weights.Length / 2);
        var before = PolicyFolder.State(Folder.Output);

        var result = await Tool.RunAsync("edit", Folder.Policy, "--model", damaged);

        AssertRefused(result, "MG0207");
        Assert.Equal(before, PolicyFolder.State(Folder.Output));
        Assert.Equal(Folder.Output, Assert.Single(Directory.GetDirectories(Folder.Root)));
    }

    private static void AssertRefused(ChildProcess.Finished result, string code)
    {
        Assert.True(result.ExitCode == 2, result.All);
        Assert.Empty(result.Output);
        Assert.StartsWith($"modelguard: error {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }
}
