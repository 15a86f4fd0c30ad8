namespace ModelGuard.Benchmarks.Tests;

/// <summary><c>bench</c>, in its quick form: what it writes.</summary>
public sealed class BenchTests
{
    private static readonly string Program = Find();

    [Fact]
    public async Task A_file_holds_the_machine_and_the_tables_of_all_benchmarks_that_were_run()
    {
        using var folder = new TemporaryFolder();

        var finished = await RunAsync(folder, "--quick", "start", "denoise", "generate", "hot-paths");

        Assert.True(finished.ExitCode == 0, finished.All);
        var lines = await File.ReadAllLinesAsync(folder["out/tables.md"], TestContext.Current.CancellationToken);
        Assert.All(new[] { "processor", "cores", "memory", "system", ".NET", "LibTorch", "ModelGuard" }, name => Assert.Single(lines, l => l.StartsWith($"| {name} | ", StringComparison.Ordinal)));
        Assert.Equal(["## start", "## denoise", "## generate", "## hot-paths"], lines.Where(l => l.StartsWith("## ", StringComparison.Ordinal)), StringComparer.Ordinal);
        Assert.All(new[] { "| modelguard --help | ", "| one step with guidance | ", "| here: four pictures from text states | ", "| RidgeOverWidth " }, row => Assert.Single(lines, l => l.StartsWith(row, StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, l => l.StartsWith("Not complete", StringComparison.Ordinal) || l.StartsWith("**Failed", StringComparison.Ordinal));
        // Markdown takes a row for a table's only right behind others, and behind an empty line.
        Assert.All(lines.Index().Where(l => l.Item.StartsWith("|-", StringComparison.Ordinal)), rule => Assert.Equal("", lines[rule.Index - 2]));
    }

    [Fact]
    public async Task A_benchmark_that_fails_is_said_to_and_the_others_run()
    {
        using var folder = new TemporaryFolder();

        var finished = await RunAsync(folder, "--quick", "start", "denoise", "--tool", folder["no-tool"]);

        Assert.True(finished.ExitCode == 1, finished.All);
        var text = await File.ReadAllTextAsync(folder["out/tables.md"], TestContext.Current.CancellationToken);
        Assert.Matches(@"(?s)## start\n.*\*\*Failed:\*\* it ended with exit code 1\. .*no-tool.*## denoise\n.*\| one step with guidance \|", text);
        Assert.Contains("2 benchmark(s) run, 1 failed", finished.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_quick_form_is_refused()
    {
        using var folder = new TemporaryFolder();

        var finished = await RunAsync(folder, "--quick", "audit");

        Assert.Equal((1, false), (finished.ExitCode, Directory.Exists(folder["out"])));
        Assert.Contains("'audit' has no quick form", finished.Error, StringComparison.Ordinal);
    }

    // Its folder has the platform in its name, that of these tests has none.
    private static string Find()
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var built = Directory.EnumerateDirectories(Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "ModelGuard.Benchmarks"), configuration + "_*").SelectMany(d => Directory.EnumerateFiles(d, OperatingSystem.IsWindows() ? "ModelGuard.Benchmarks.exe" : "ModelGuard.Benchmarks"));
        return built.OrderByDescending(File.GetLastWriteTimeUtc).First();
    }

    private static Task<ChildProcess.Finished> RunAsync(TemporaryFolder folder, params string[] arguments) =>
        ChildProcess.RunAsync(Program, ["bench", .. arguments, "--work", folder["work"], "--output", folder["out/tables.md"]], RepositoryPaths.Root, ("OMP_NUM_THREADS", "1"), ("MODELGUARD_CACHE", "off"));
}
