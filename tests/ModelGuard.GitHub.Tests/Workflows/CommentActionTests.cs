using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>The second half of the pair for forks: its token may write, and the artifact is whatever the fork made of it.</summary>
public sealed class CommentActionTests
{
    [Fact]
    public async Task A_forks_report_is_published_under_the_commit_that_GitHub_names()
    {
        await using var job = await StartAsync(folder => File.Copy(Report(folder.Job), folder["modelguard-report.json"]));

        await job.RunAsync(("check-run", "ModelGuard"), ("policy", "policies/shapes.yaml"));

        Assert.True(job.Action.HasSucceeded, job.Action.Log);
        Assert.Equal(("fail", "3000000000"), (job.Action.Output("verdict"), job.Action.Output("comment-id")));
        Assert.Contains("this fork's own code", Assert.Single(job.Server.State.Comments).Body, StringComparison.Ordinal);
        Assert.Equal((EventPayloads.Head, "failure"), (job.Server.State.CheckRuns[0].HeadSha, job.Server.State.CheckRuns[0].Conclusion));
        var download = Assert.Single(job.Action.Used);
        Assert.StartsWith("actions/download-artifact@", download.Uses, StringComparison.Ordinal);
        Assert.Equal("42", download.With["run-id"]);
        Assert.Equal(["comment"], job.Calls.Select(c => c.Split(' ')[0]), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_run_without_a_report_is_a_notice()
    {
        await using var job = await StartAsync(_ => { }, hasArtifact: false);

        await job.RunAsync();

        Assert.True(job.Action.HasSucceeded, job.Action.Log);
        Assert.Contains("::notice title=ModelGuard::The run has left no report", job.Action.Log, StringComparison.Ordinal);
        Assert.Empty(job.Server.Requests);
        Assert.Empty(job.Calls);
    }

    [Theory]
    [InlineData("another file beside the report")]
    [InlineData("a report by another name")]
    [InlineData("a folder")]
    [InlineData("a link")]
    [InlineData("a name that is a command")]
    [InlineData("too large")]
    [InlineData("nothing")]
    public async Task An_artifact_of_another_form_is_refused_before_anything_reads_it(string what)
    {
        await using var job = await StartAsync(folder =>
        {
            var report = folder["modelguard-report.json"];
            switch (what)
            {
                case "another file beside the report":
                    File.Copy(Report(folder.Job), report);
                    File.WriteAllText(folder[".bashrc"], "touch pwned");
                    break;
                case "a report by another name":
                    File.Copy(Report(folder.Job), folder["report.json"]);
                    break;
                case "a folder":
                    Directory.CreateDirectory(report);
                    break;
                case "a link":
                    File.CreateSymbolicLink(report, "/etc/passwd");
                    break;
                case "a name that is a command":
                    File.WriteAllText(folder["x\n::add-mask::y\n$(touch pwned)"], "");
                    break;
                case "too large":
                    using (var file = File.Create(report)) file.SetLength((16 << 20) + 1);
                    break;
            }
        });

        await job.RunAsync();

        Assert.Equal((false, 2), (job.Action.HasSucceeded, job.Action.ExitCode));
        Assert.Empty(job.Server.Requests);
        Assert.Empty(job.Calls);
        Assert.All(RunnerLog.Commands(job.Action.Log), c => Assert.StartsWith("::error title=ModelGuard::", c, StringComparison.Ordinal));
        Assert.False(File.Exists(job.Action.Workspace["pwned"]));
    }

    [Fact]
    public async Task A_report_that_is_none_fails_the_job_and_nothing_is_published()
    {
        await using var job = await StartAsync(folder => File.WriteAllText(folder["modelguard-report.json"], """{"schemaVersion":"1.0"}"""));

        await job.RunAsync();

        Assert.Equal((false, 2), (job.Action.HasSucceeded, job.Action.ExitCode));
        Assert.Contains("error MG1401: ", job.Action.Log, StringComparison.Ordinal);
        Assert.Empty(job.Server.Requests);
    }

    [Fact]
    public async Task Names_in_a_forks_report_give_the_runner_no_commands()
    {
        await using var job = await StartAsync(folder => File.WriteAllBytes(folder["modelguard-report.json"], SomeReport.OfAudit([.. HostileTexts.All.Select((text, i) => SomeReport.Gate("gone", $"c{i}", "fail", 0.9, displayName: text))]).Bytes()));

        await job.RunAsync();

        Assert.True(job.Action.HasSucceeded, job.Action.Log);
        Assert.All(RunnerLog.Commands(job.Action.Log), c => Assert.Matches("^::error title=ModelGuard(%3A gone)?::", c));
    }

    [Fact]
    public async Task A_head_that_has_moved_on_is_not_commented_on()
    {
        await using var job = await StartAsync(folder => File.Copy(Report(folder.Job), folder["modelguard-report.json"]));
        job.Server.State.PullRequests[0] = job.Server.State.PullRequests[0] with { HeadSha = EventPayloads.Merge };

        await job.RunAsync();

        Assert.True(job.Action.HasSucceeded, job.Action.Log);
        Assert.Contains("warning MG3009: ", job.Action.Log, StringComparison.Ordinal);
        Assert.Empty(job.Server.Writes);
    }

    private static async Task<Job> StartAsync(Action<Artifact> fill, bool hasArtifact = true)
    {
        var job = await Job.StartAsync("fail", action: "modelguard-comment");
        job.Runner.Event("workflow_run", EventPayloads.WorkflowRun(EventPayloads.Head, "mallory", "patch-1"));
        job.Server.State.PullRequests.Clear();
        job.Server.State.PullRequests.Add(new FakePullRequest(7, "mallory:patch-1", EventPayloads.Head));
        job.Action.Use = (_, with) =>
        {
            if (!hasArtifact) return false;
            Directory.CreateDirectory(with["path"]);
            fill(new Artifact(job, with["path"]));
            return true;
        };
        return job;
    }

    private static string Report(Job job) => job.Runner.Report;

    private sealed record Artifact(Job Job, string Folder)
    {
        public string this[string name] => Path.Combine(Folder, name);
    }
}
