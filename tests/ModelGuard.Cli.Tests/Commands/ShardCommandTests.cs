namespace ModelGuard.Cli.Tests.Commands;

/// <summary>An audit in parts, as a build service runs it, and the parts put together.</summary>
public sealed class ShardCommandTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    private static readonly string Text = PolicyFolder.Text(
        "- { id: low, metric: clip-score, on: removed, max: 2 }\n  - { id: kept, metric: clip-score, on: preserved, maxDrop: 2 }\n  - { id: unsure, metric: recognition, on: preserved, max: 0.5 }",
        rest: "preserve: ['a castle', 'a robot', 'a tree', 'a lamp']",
        seeds: 2,
        severity: "low");

    [Fact]
    public async Task Four_shards_make_the_report_of_one_run_byte_for_byte_and_a_lost_or_doubled_one_is_refused()
    {
        using var folder = new PolicyFolder(Text);
        string[] shards = [.. Enumerable.Range(1, 4).Select(i => folder[FormattableString.Invariant($"shard-{i}.json")])];
        var one = await AuditAsync(folder, "--report", folder["one.json"]);
        for (var i = 0; i < shards.Length; i++)
        {
            var shard = await AuditAsync(folder, "--shard", FormattableString.Invariant($"{i + 1}/4"), "--report", shards[i]);
            Assert.True(shard.ExitCode == 0, shard.All);
            Assert.StartsWith(FormattableString.Invariant($"Shard {i + 1}/4: "), Assert.Single(shard.ErrorLines), StringComparison.Ordinal);
        }

        var merged = await MergeAsync(folder, [shards[2], shards[0], shards[3], shards[1]]);
        var lost = await MergeAsync(folder, shards[1..]);
        var doubled = await MergeAsync(folder, [.. shards, shards[0]]);

        Assert.True(merged.ExitCode == 2, merged.All);
        Assert.Equal((one.ExitCode, one.Output, one.Error), (merged.ExitCode, merged.Output, merged.Error));
        Assert.Equal(WithoutRun(folder["one.json"]), WithoutRun(folder["merged.json"]));
        Assert.True(lost.ExitCode == 2, lost.All);
        Assert.StartsWith("modelguard: error MG1205: ", Assert.Single(lost.ErrorLines), StringComparison.Ordinal);
        Assert.StartsWith("modelguard: error MG1206: ", Assert.Single(doubled.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_of_an_audit_that_may_stop_early_make_its_report_byte_for_byte()
    {
        using var folder = new PolicyFolder(PolicyText(looks: 3));
        var one = await AuditAsync(folder, "--report", folder["one.json"]);
        string[] shards = [folder["shard-1.json"], folder["shard-2.json"]];
        for (var i = 0; i < shards.Length; i++) await AuditAsync(folder, "--shard", FormattableString.Invariant($"{i + 1}/2"), "--report", shards[i]);

        var merged = await MergeAsync(folder, shards);

        Assert.Contains("Look 1 of 3, after 2 of 6 planned; the interval holds for all looks together.", one.Error, StringComparison.Ordinal);
        Assert.Equal((one.ExitCode, one.Output, one.Error), (merged.ExitCode, merged.Output, merged.Error));
        Assert.Equal(WithoutRun(folder["one.json"]), WithoutRun(folder["merged.json"]));

        // A limit that no cosine reaches, at a concept that is therefore decided after two of six pictures.
        static string PolicyText(int looks) => PolicyFolder.Text("- { id: low, metric: clip-score, on: removed, max: -1000 }", seeds: 6).Replace("seeds: 6", FormattableString.Invariant($"seeds: 6, looks: {looks}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5/4 --json", "'5/4' is no shard; '--shard' takes one such as 1/4, the first of four, and at most 1000 of them.")]
    [InlineData("1/4", "The results of a shard are what 'merge' reads: name a file with '--report', or write them to standard output with '--json'.")]
    [InlineData("1/4 --json --pictures pictures", "The report of a shard names no pictures: leave '--pictures' out, or audit without '--shard'.")]
    public async Task A_shard_that_is_none_or_goes_nowhere_is_a_wrong_command_line(string shard, string sentence)
    {
        using var folder = new PolicyFolder(Text);

        var result = await Tool.RunAsync(["audit", folder.Policy, "--shard", .. shard.Split(' ')]);

        Assert.True(result.ExitCode == 64, result.All);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_shard_is_named()
    {
        using var folder = new PolicyFolder(Text);

        var result = await MergeAsync(folder, [folder.Policy]);

        Assert.True(result.ExitCode == 2, result.All);
        Assert.StartsWith($"modelguard: error MG1203: '{folder.Policy}' is no report of a shard: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    private static string WithoutRun(string path)
    {
        var text = File.ReadAllText(path);
        var run = text.LastIndexOf("  \"run\": {", StringComparison.Ordinal);
        Assert.True(run > 0, text);
        return text[..run];
    }

    private static Task<ChildProcess.Finished> MergeAsync(PolicyFolder folder, string[] shards) =>
        Tool.RunAsync(["merge", .. shards, "--policy", folder.Policy, "--report", folder["merged.json"]]);

    private Task<ChildProcess.Finished> AuditAsync(PolicyFolder folder, params string[] options) =>
        Tool.RunAsync(["audit", folder.Policy, "--model", edited.Folder.Output, .. options]);
}
