using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>Audits that are killed while they draw, as by a machine that is taken away, and started again.</summary>
public sealed partial class KilledAuditTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    // Twelve names in one batch each of both models, and their texts: 36 entries. A kill comes long before the last.
    private const int Names = 12;
    private const int PicturesOfAName = 1;
    private const int LastKill = 18;

    private static readonly string Text = PolicyFolder.Text(
        "- { id: kept, metric: clip-score, on: preserved, maxDrop: 2 }",
        rest: $"preserve: [{string.Join(", ", Enumerable.Range(0, Names).Select(i => string.Create(CultureInfo.InvariantCulture, $"'name {i}'")))}]",
        seeds: PicturesOfAName,
        steps: 1);

    [Fact]
    public async Task A_killed_audit_loses_one_batch_at_most_and_its_rerun_gives_the_report_of_an_undisturbed_run()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        using var folder = new PolicyFolder(Text);
        var random = new Random(6);
        var undisturbed = await AuditAsync(folder, "off", "undisturbed.json");
        Assert.True(undisturbed.ExitCode == 0, undisturbed.All);

        for (var round = 0; round < 4; round++)
        {
            var cache = folder[string.Create(CultureInfo.InvariantCulture, $"cache-{round}")];
            var entries = random.Next(LastKill);
            using (var process = Tool.StartWith([("MODELGUARD_CACHE", cache)], Arguments(folder, "killed.json")))
            {
                await process.UntilAsync(_ => Entries(cache) >= entries);
                await process.SignalAsync("KILL");
                Assert.NotEqual(0, (await process.WaitAsync()).ExitCode);
            }

            Assert.False(File.Exists(folder["killed.json"]));
            var kept = Entries(cache);
            var rerun = await AuditAsync(folder, cache, "rerun.json");

            Assert.True(rerun.ExitCode == 0, rerun.All);
            Assert.Equal(WithoutRun(folder["undisturbed.json"]), WithoutRun(folder["rerun.json"]));
            // Of each name first its texts are kept, then the pictures of either model: none that was there is drawn again.
            var drawn = Drawn().Match(rerun.Error) is { Success: true } said ? int.Parse(said.Groups["drawn"].Value, CultureInfo.InvariantCulture) : 2 * Names * PicturesOfAName;
            Assert.Equal((kept - ((kept + 2) / 3)) * PicturesOfAName, (2 * Names * PicturesOfAName) - drawn);
        }
    }

    private static int Entries(string cache) => Directory.Exists(cache) ? Directory.EnumerateFiles(cache, "*", SearchOption.AllDirectories).Count(f => Path.GetFileName(f).Length == 64) : 0;

    private static string WithoutRun(string path)
    {
        var text = File.ReadAllText(path);
        return text[..text.LastIndexOf("  \"run\": {", StringComparison.Ordinal)];
    }

    private Task<ChildProcess.Finished> AuditAsync(PolicyFolder folder, string cache, string report) => Tool.RunInAsync(null, [("MODELGUARD_CACHE", cache)], Arguments(folder, report));

    private string[] Arguments(PolicyFolder folder, string report) => ["audit", folder.Policy, "--model", edited.Folder.Output, "--report", folder[report]];

    [GeneratedRegex(@"^(?<drawn>\d+) of \d+ picture", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Drawn();
}
