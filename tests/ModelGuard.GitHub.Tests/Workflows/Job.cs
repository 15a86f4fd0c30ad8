using ModelGuard.GitHub.Tests.Commands;
using ModelGuard.GitHub.Tests.Server;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>A job with one step, the action, on a runner of its own with a GitHub of its own.</summary>
internal sealed class Job : IAsyncDisposable
{
    private readonly string script = Path.Combine(RepositoryPaths.Root, "tests", "ModelGuard.GitHub.Tests", "Workflows", "tool.sh");

    private Job(FakeGitHub server, CommentTool runner, string name) => (Server, Runner, Action) = (server, runner, new ActionRun(name, runner));

    public FakeGitHub Server { get; }

    public CommentTool Runner { get; }

    public ActionRun Action { get; }

    public string Edited => Action.Workspace["edited model"];

    /// <summary>The tool's command lines.</summary>
    public string[] Calls => File.Exists(Action.Workspace["calls.txt"]) ? File.ReadAllLines(Action.Workspace["calls.txt"]) : [];

    /// <summary>A job whose audit finds one gate of this verdict and ends with this exit code.</summary>
    public static async Task<Job> StartAsync(string verdict, int auditCode = 0, string action = "modelguard")
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The actions' scripts are for bash.");
        var server = await FakeGitHub.StartAsync();
        var job = new Job(server, new CommentTool(server, OneGate.Of(verdict)), action);
        Directory.CreateDirectory(job.Edited);
        job.Action.Variables.AddRange(
        [
            ("TEST_CALLS", job.Action.Workspace["calls.txt"]),
            ("TEST_EDITED", job.Edited),
            ("TEST_REPORT", job.Runner.Report),
            ("TEST_AUDIT_CODE", FormattableString.Invariant($"{auditCode}")),
            ("TEST_REAL_TOOL", CommentTool.Executable),
        ]);
        return job;
    }

    /// <summary>Runs the action.</summary>
    public Task RunAsync(params (string Name, string Value)[] inputs) => Action.RunAsync([("tool", script), .. inputs]);

    public async ValueTask DisposeAsync()
    {
        Assert.DoesNotContain(FakeGitHub.Token, Action.Log, StringComparison.Ordinal);
        Action.Dispose();
        Runner.Dispose();
        await Server.DisposeAsync();
    }
}
