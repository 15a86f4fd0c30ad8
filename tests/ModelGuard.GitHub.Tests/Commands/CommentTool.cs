using System.Text.Json.Nodes;
using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Commands;

/// <summary>The built tool in the environment of a workflow's step.</summary>
internal sealed class CommentTool : IDisposable
{
    private static readonly string Configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string?> environment = new(StringComparer.Ordinal);

    public CommentTool(FakeGitHub server, JsonObject? report = null)
    {
        // A test that itself runs in GitHub Actions must not see that run.
        foreach (var name in System.Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(n => n.StartsWith("GITHUB_", StringComparison.Ordinal) || n.StartsWith("RUNNER_", StringComparison.Ordinal))) environment[name] = null;
        environment["GITHUB_TOKEN"] = FakeGitHub.Token;
        environment["GITHUB_API_URL"] = server.Api;
        environment["GITHUB_GRAPHQL_URL"] = server.GraphQl;
        environment["GITHUB_SERVER_URL"] = "https://github.example";
        environment["GITHUB_ACTIONS"] = "true";
        environment["GITHUB_REPOSITORY"] = EventPayloads.Repository;
        environment["GITHUB_SHA"] = EventPayloads.Merge;
        environment["GITHUB_RUN_ID"] = "42";
        environment["GITHUB_WORKSPACE"] = folder.Path;
        environment["GITHUB_STEP_SUMMARY"] = Touch("summary.md");
        environment["GITHUB_OUTPUT"] = Touch("output.txt");
        Event("pull_request", EventPayloads.PullRequest(7, EventPayloads.Head));
        Write(report ?? SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "pass", 0)]));
    }

    public static string Executable { get; } = Find();

    public string Report => folder["audit.json"];

    public string SummaryFile => folder["summary.md"];

    public string Summary => File.ReadAllText(SummaryFile);

    public string Outputs => File.ReadAllText(folder["output.txt"]);

    /// <summary>The variables of the step.</summary>
    public IEnumerable<(string Name, string? Value)> Environment => environment.Select(v => (v.Key, v.Value));

    public string this[string name]
    {
        set => environment[name] = value;
    }

    public void Without(string name) => environment[name] = null;

    public void Event(string name, string payload)
    {
        File.WriteAllText(folder["event.json"], payload);
        (environment["GITHUB_EVENT_NAME"], environment["GITHUB_EVENT_PATH"]) = (name, folder["event.json"]);
    }

    public void Write(JsonObject report) => File.WriteAllBytes(Report, report.Bytes());

    /// <summary>Runs it; whatever happens, the token is nowhere in what it says.</summary>
    public async Task<ChildProcess.Finished> RunAsync(params string[] options)
    {
        using var process = Start(options);
        var finished = await process.WaitAsync();
        Assert.DoesNotContain(FakeGitHub.Token, finished.All + Summary + Outputs, StringComparison.Ordinal);
        return finished;
    }

    /// <summary>Whether a run warned once, and ended well all the same.</summary>
    public static void AssertWarns(ChildProcess.Finished run, string code)
    {
        Assert.True(run.ExitCode == 0, run.All);
        Assert.Single(run.ErrorLines, l => l.StartsWith($"modelguard: warning {code}: ", StringComparison.Ordinal));
    }

    public ChildProcess Start(params string[] options) => ChildProcess.Start(Executable, ["comment", Report, .. options], folder.Path, Environment);

    public void Dispose() => folder.Dispose();

    private string Touch(string name)
    {
        File.WriteAllText(folder[name], "");
        return folder[name];
    }

    // The tool is built for a platform, these tests for none.
    private static string Find()
    {
        var bin = Path.Combine(RepositoryPaths.Root, "artifacts", "bin", "ModelGuard.Cli");
        var built = Directory.EnumerateDirectories(bin, Configuration + "*").SelectMany(d => Directory.EnumerateFiles(d, OperatingSystem.IsWindows() ? "ModelGuard.Cli.exe" : "ModelGuard.Cli"));
        return built.OrderByDescending(File.GetLastWriteTimeUtc).First();
    }
}
