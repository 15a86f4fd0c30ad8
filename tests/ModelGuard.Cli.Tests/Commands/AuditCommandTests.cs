using System.Text.Json;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>Audits with limits that no cosine can miss, so that the verdict is certain whatever the tiny model draws.</summary>
public sealed class AuditCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    private const string Pass = "- { id: low, metric: clip-score, on: removed, max: 2 }";
    private const string Fail = "- { id: none, metric: clip-score, on: removed, max: -2 }";

    // One picture: the interval of a proportion holds a half, whichever way it falls.
    private const string Unsure = "- { id: unsure, metric: recognition, on: removed, max: 0.5 }";

    [Fact]
    public async Task A_passing_audit_ends_with_0_and_its_report_is_written_whole_and_to_standard_output()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(Pass, seeds: 2));

        var result = await AuditAsync(folder, "--json", "--report", folder["reports/audit.json"]);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Equal("1 gate results: 1 passed. Verdict: pass.", Assert.Single(result.ErrorLines));
        Assert.Equal(result.Output, await File.ReadAllTextAsync(folder["reports/audit.json"]));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder["reports"]));
        using var json = JsonDocument.Parse(result.Output);
        var gate = Assert.Single(json.RootElement.GetProperty("audit").GetProperty("gates").EnumerateArray().ToArray());
        Assert.Equal("pass", gate.GetProperty("verdict").GetString());
        Assert.Equal("Trademark B", gate.GetProperty("displayName").GetString());
        Assert.Equal("float32", json.RootElement.GetProperty("environment").GetProperty("dtype").GetString());
    }

    [Fact]
    public async Task A_failing_gate_outranks_an_undecided_one_and_both_are_told_at_the_concept()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text($"{Pass}\n  {Fail}\n  {Unsure}"));

        var result = await AuditAsync(folder);

        Assert.True(result.ExitCode == 1, result.All);
        Assert.Equal(3, result.ErrorLines.Length);
        var place = $"{folder.Policy}({PolicyFolder.ConceptLine},";
        Assert.StartsWith(place, result.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("): error MG1201: 'Trademark B' is still there (gate 'none'): Clip-score is ", result.ErrorLines[0], StringComparison.Ordinal);
        Assert.StartsWith(place, result.ErrorLines[1], StringComparison.Ordinal);
        Assert.Contains("): error MG1202: 'Trademark B' could not be judged (gate 'unsure'): ", result.ErrorLines[1], StringComparison.Ordinal);
        Assert.Equal("3 gate results: 1 passed, 1 inconclusive, 1 failed. Verdict: fail.", result.ErrorLines[2]);
        Assert.Equal(["pass", "FAIL", "inconclusive"], result.Output.Split('\n').Select(l => l.Trim().Split(' ')[0]).Where(w => w is "pass" or "FAIL" or "inconclusive"), StringComparer.Ordinal);
    }

    [Fact]
    public async Task An_audit_that_decides_nothing_ends_with_2()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(Unsure));

        var result = await AuditAsync(folder);

        Assert.True(result.ExitCode == 2, result.All);
        Assert.Equal("1 gate results: 1 inconclusive. Verdict: inconclusive.", result.ErrorLines[^1]);
    }

    [Fact]
    public async Task A_failure_below_the_severity_that_counts_is_a_warning()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(Fail, severity: "low"));

        var result = await AuditAsync(folder);

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("): warning MG1201: ", result.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_waived_failure_ends_with_0_and_an_expired_waiver_does_not_count()
    {
        const string Waiver = "waivers: [{{ gate: none, concept: star, owner: '@alice', reason: 'accepted', expires: {0} }}]";
        using var valid = new PolicyFolder(PolicyFolder.Text(Fail, rest: string.Format(System.Globalization.CultureInfo.InvariantCulture, Waiver, "9999-12-31")));
        using var expired = new PolicyFolder(PolicyFolder.Text(Fail, rest: string.Format(System.Globalization.CultureInfo.InvariantCulture, Waiver, "2001-01-01")));

        var waived = await AuditAsync(valid);
        var failed = await AuditAsync(expired);

        Assert.True(waived.ExitCode == 0, waived.All);
        Assert.Equal("1 gate results: 1 waived. Verdict: waived.", Assert.Single(waived.ErrorLines));
        Assert.True(failed.ExitCode == 1, failed.All);
        Assert.Contains("warning MG1301: ", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_base_itself_does_not_fall_below_the_base()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text("- { id: lower, metric: clip-score, on: removed, maxDrop: -0.5 }"));

        var result = await Tool.RunAsync("audit", folder.Policy, "--model", PolicyFolder.Base);

        Assert.True(result.ExitCode == 1, result.All);
        Assert.Contains("The drop of clip-score below the base's is 0.000 (95 % interval 0.000 to 0.000, n = 1)", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_that_was_never_made_is_named()
    {
        using var folder = new PolicyFolder();

        var result = await Tool.RunAsync("audit", folder.Policy);

        Assert.True(result.ExitCode == 2, result.All);
        Assert.StartsWith("modelguard: error MG0261: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quick", "states")]
    [InlineData("full", "pictures")]
    public async Task Prompts_that_attacks_found_are_written_and_can_be_audited_as_probes(string scale, string judge)
    {
        const string Attacked = "- { id: attacked, metric: attack-success-rate, on: removed, max: 2 }";
        using var folder = new PolicyFolder(PolicyFolder.Text(Attacked, rest: "attack: { prompts: 1, seeds: 1, iterations: 1, candidates: 4, tokens: 1, methods: [token-search] }\npreserve: [{ name: circle, attribute: object }]"));

        var result = await AuditAsync(folder, "--attack", scale, "--write-probes", folder["found"], "--report", folder["audit.json"]);

        Assert.True(result.ExitCode == 0, result.All);
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(folder["audit.json"]));
        var audit = json.RootElement.GetProperty("audit");
        Assert.Equal((scale, scale == "full" ? 4 : 1), (audit.GetProperty("attack").GetProperty("scale").GetString(), audit.GetProperty("attack").GetProperty("iterations").GetInt32()));
        var attempt = Assert.Single(audit.GetProperty("measured")[0].GetProperty("attacks").EnumerateArray());
        Assert.Equal(judge, attempt.GetProperty("judgedOn").GetString());
        Assert.Contains(attempt.GetProperty("found").GetString()!, await File.ReadAllLinesAsync(folder["found/star.txt"]), StringComparer.Ordinal);
        await File.WriteAllTextAsync(folder.Policy, PolicyFolder.Text("- { id: probed, metric: probe-recognition, on: removed, max: 2 }").Replace("prompts: [\"a {concept}\"]", "prompts: [\"a {concept}\"]\n    probes: { file: found/star.txt }", StringComparison.Ordinal));
        var check = await Tool.RunAsync("check", folder.Policy);
        Assert.True(check.ExitCode == 0, check.All);
    }

    [Fact]
    public async Task Verify_edits_first_and_then_judges()
    {
        using var folder = new PolicyFolder(PolicyFolder.Text(Fail));

        var result = await Tool.RunAsync("verify", folder.Policy, "--report", folder["audit.json"]);

        Assert.True(result.ExitCode == 1, result.All);
        Assert.StartsWith("Edited 4 tensor(s), ", result.ErrorLines[0], StringComparison.Ordinal);
        Assert.True(File.Exists(folder.Report));
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(folder["audit.json"]));
        Assert.Equal("fail", json.RootElement.GetProperty("audit").GetProperty("verdict").GetString());
    }

    private Task<ChildProcess.Finished> AuditAsync(PolicyFolder folder, params string[] options) =>
        Tool.RunAsync(["audit", folder.Policy, "--model", edited.Folder.Output, .. options]);
}
