using System.Text.Json;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>An audit that writes a baseline, and one that compares with it.</summary>
public sealed class BaselineCommandTests
{
    private const string Gate = "- { id: kept, metric: clip-score, on: preserved, baseline: accepted.json, maxDrop: 1% }";

    [Fact]
    public async Task A_baseline_is_written_compared_with_and_refused_for_another_set_of_prompts()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(Gate, rest: "preserve: ['a castle']", seeds: 2));

        var missing = await AuditAsync(folder);
        var written = await AuditAsync(folder, "--write-baseline", folder["accepted.json"]);
        var compared = await AuditAsync(folder, "--report", folder["report.json"]);
        await File.WriteAllTextAsync(folder.Policy, PolicyFolder.Text(Gate, rest: "preserve: ['a castle']", seeds: 3));
        var refused = await AuditAsync(folder);

        Assert.True(missing.ExitCode == 2, missing.All);
        Assert.StartsWith($"{folder.Policy}(16,62): error MG1208: The baseline 'accepted.json' of gate 'kept' does not exist.", Assert.Single(missing.ErrorLines), StringComparison.Ordinal);
        Assert.True(written.ExitCode == 0, written.All);
        Assert.True(compared.ExitCode == 0, compared.All);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(folder["report.json"]));
        var gate = json.RootElement.GetProperty("audit").GetProperty("gates")[0];
        Assert.Equal(("accepted.json", 0.0), (gate.GetProperty("baseline").GetProperty("name").GetString(), gate.GetProperty("statistic").GetDouble()));
        Assert.True(refused.ExitCode == 2, refused.All);
        Assert.Contains("): error MG1209: ", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shard_is_no_baseline()
    {
        using var folder = new PolicyFolder();

        var result = await AuditAsync(folder, "--shard", "1/2", "--report", folder["shard.json"], "--write-baseline", folder["accepted.json"]);

        Assert.True(result.ExitCode == 64, result.All);
        Assert.Contains("A shard is no whole baseline: give '--write-baseline' to 'merge'.", result.Error, StringComparison.Ordinal);
    }

    private static Task<ChildProcess.Finished> AuditAsync(PolicyFolder folder, params string[] options) => Tool.RunAsync(["audit", folder.Policy, "--model", PolicyFolder.Base, .. options]);
}
