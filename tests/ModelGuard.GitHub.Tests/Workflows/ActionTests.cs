using ModelGuard.GitHub.Tests.Commands;
using ModelGuard.GitHub.Tests.Server;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>The steps of the action, as a runner would run them, before they are pushed.</summary>
public sealed class ActionTests
{
    private const string Key = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n";

    [Fact]
    public async Task A_policy_that_passes_is_edited_audited_uploaded_and_commented_and_the_outputs_say_so()
    {
        await using var job = await Job.StartAsync("pass");

        await job.RunAsync(("check-run", "ModelGuard"));

        Assert.True(job.Action.HasSucceeded, job.Action.Log);
        Assert.Equal(("pass", job.Edited, "3000000000"), (job.Action.Output("verdict"), job.Action.Output("edited-model"), job.Action.Output("comment-id")));
        Assert.True(File.Exists(job.Action.Output("report")));
        var upload = Assert.Single(job.Action.Used);
        Assert.StartsWith("actions/upload-artifact@", upload.Uses, StringComparison.Ordinal);
        Assert.Equal(("modelguard-report", job.Action.Output("report")), (upload.With["name"], upload.With["path"]));
        Assert.Equal(["edit", "audit", "comment"], job.Calls.Select(c => c.Split(' ')[0]), StringComparer.Ordinal);
        Assert.Single(job.Server.State.Comments);
        Assert.Equal("success", Assert.Single(job.Server.State.CheckRuns).Conclusion);
        Assert.StartsWith("## ", job.Runner.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fail", 1)]
    [InlineData("inconclusive", 2)]
    public async Task A_gate_that_fails_fails_the_job_after_the_report_was_published(string verdict, int code)
    {
        await using var job = await Job.StartAsync(verdict, code);

        await job.RunAsync();

        Assert.False(job.Action.HasSucceeded);
        Assert.Equal((code, verdict), (job.Action.ExitCode, job.Action.Output("verdict")));
        Assert.Single(job.Action.Used);
        Assert.Single(job.Server.State.Comments);
    }

    [Fact]
    public async Task What_GitHub_refuses_does_not_change_the_verdict()
    {
        await using var passed = await Job.StartAsync("pass");
        passed.Server.State.IsReadOnly = true;
        await passed.RunAsync();
        await using var failed = await Job.StartAsync("fail", 1);
        failed.Server.Faults.Add(new Fault("GET", "/pulls/7", 401, "Bad credentials"));
        await failed.RunAsync();

        Assert.True(passed.Action.HasSucceeded, passed.Action.Log);
        Assert.Contains("warning MG3003: ", passed.Action.Log, StringComparison.Ordinal);
        Assert.Equal(("pass", ""), (passed.Action.Output("verdict"), passed.Action.Output("comment-id")));
        Assert.Equal((1, "fail"), (failed.Action.ExitCode, failed.Action.Output("verdict")));
    }

    [Fact]
    public async Task A_forks_pull_request_is_judged_and_asks_GitHub_for_nothing()
    {
        await using var job = await Job.StartAsync("fail", 1);
        job.Runner.Event("pull_request", EventPayloads.PullRequest(7, EventPayloads.Head, "mallory/modelguard"));

        await job.RunAsync();

        Assert.Equal(1, job.Action.ExitCode);
        Assert.Empty(job.Server.Requests);
        Assert.Contains("warning MG3010: ", job.Action.Log, StringComparison.Ordinal);
        Assert.Single(job.Action.Used);
        Assert.Contains("fail", job.Runner.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_without_a_comment_has_no_warning()
    {
        await using var job = await Job.StartAsync("pass");
        job.Runner.Event("push", EventPayloads.Push);

        await job.RunAsync(("comment", "false"), ("check-run", "ModelGuard"));

        Assert.True(job.Action.HasSucceeded, job.Action.Log);
        Assert.DoesNotContain("warning", job.Action.Log, StringComparison.Ordinal);
        Assert.Equal(EventPayloads.Merge, Assert.Single(job.Server.State.CheckRuns).HeadSha);
    }

    [Theory]
    [InlineData("pass", 0, true)]
    [InlineData("fail", 1, false)]
    public async Task With_a_key_what_passed_is_signed_and_nothing_else(string verdict, int code, bool isSigned)
    {
        await using var job = await Job.StartAsync(verdict, code);

        await job.RunAsync(("private-key", Key));

        Assert.Equal(isSigned, File.Exists(Path.Combine(job.Edited, "model.sig")));
        Assert.Equal(isSigned, job.Calls.Contains($"sign {job.Edited} --private-key MODELGUARD_SIGNING_KEY --report={job.Action.Output("report")}", StringComparer.Ordinal));
        // No password is none, and not an empty one.
        Assert.Equal(isSigned, job.Calls.Contains("password none", StringComparer.Ordinal));
        Assert.DoesNotContain("PRIVATE KEY", job.Action.Log + string.Join('\n', job.Calls), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edit_that_fails_ends_the_job_with_its_exit_code()
    {
        await using var job = await Job.StartAsync("pass");
        job.Action.Variables.Add(("TEST_EDIT_CODE", "4"));

        await job.RunAsync();

        Assert.Equal((4, ""), (job.Action.ExitCode, job.Action.Output("verdict")));
        Assert.Equal(["edit"], job.Calls.Select(c => c.Split(' ')[0]), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task An_audit_without_a_report_is_never_a_pass(int code)
    {
        await using var job = await Job.StartAsync("pass", code);
        job.Action.Variables.Add(("TEST_REPORT", null));

        await job.RunAsync();

        Assert.Equal((2, ""), (job.Action.ExitCode, job.Action.Output("verdict")));
        Assert.Empty(job.Action.Used);
    }

    [Theory]
    [InlineData("a b/$(touch pwned)`touch pwned`.yaml")]
    [InlineData("--output=/tmp/elsewhere")]
    [InlineData("';touch pwned;'\"${{ secrets.X }}\"")]
    public async Task An_input_is_an_argument_and_never_a_command(string policy)
    {
        await using var job = await Job.StartAsync("pass");

        await job.RunAsync(("policy", policy), ("key", "$(touch pwned)"));

        Assert.EndsWith($" -- {policy}", job.Calls[0], StringComparison.Ordinal);
        Assert.EndsWith($" -- {policy}", job.Calls[1], StringComparison.Ordinal);
        Assert.False(File.Exists(job.Action.Workspace["pwned"]));
    }

    [Fact]
    public async Task What_the_tool_prints_gives_the_runner_no_commands()
    {
        await using var job = await Job.StartAsync("pass");

        await job.RunAsync();

        Assert.Equal("", RunnerLog.Commands(job.Action.Log).Where(c => c.Contains("forged", StringComparison.Ordinal)).FirstOrDefault(""));
        Assert.Contains("forged by a concept", job.Action.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_may_be_an_assembly_or_come_from_the_tool_manifest()
    {
        await using var job = await Job.StartAsync("pass");
        var assembly = Path.ChangeExtension(CommentTool.Executable, "dll");

        await job.RunAsync(("tool", assembly));

        Assert.Equal($"#!/usr/bin/env bash\nexec dotnet {assembly} \"$@\"\n", await File.ReadAllTextAsync(Path.Combine(job.Action.Temp, "modelguard-tool", "modelguard")));
        await using var other = await Job.StartAsync("pass");
        await other.RunAsync(("tool", ""));
        // There is no manifest in this workspace.
        Assert.False(other.Action.HasSucceeded);
        Assert.Contains("dotnet-tools.json", other.Action.Log, StringComparison.Ordinal);
    }
}
