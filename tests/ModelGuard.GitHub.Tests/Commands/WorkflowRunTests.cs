using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Commands;

/// <summary>The half of the fork-safe pair that may write: nothing of what it publishes, or where, is decided by the artifact.</summary>
public sealed class WorkflowRunTests
{
    [Fact]
    public async Task A_forks_pull_request_is_found_by_its_branch_and_its_comment_says_whose_numbers_these_are()
    {
        await using var server = await StartAsync();
        using var tool = Tool(server);

        var run = await tool.RunAsync("--check-run", "ModelGuard", "--json");

        Assert.True(run.ExitCode == 0, run.All);
        Assert.Contains($"Commit {EventPayloads.Head}. The numbers were made by a run of this fork's own code;", Assert.Single(server.State.Comments).Body, StringComparison.Ordinal);
        Assert.Equal(EventPayloads.Head, Assert.Single(server.State.CheckRuns).HeadSha);
        Assert.Equal("?state=open&head=mallory%3Apatch-1&", server.Requests[0].QueryText.Split("per_page")[0].Replace("sort=created&direction=desc&", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_branch_that_has_moved_on_gets_nothing()
    {
        await using var server = await StartAsync(EventPayloads.Merge);
        using var tool = Tool(server);

        var run = await tool.RunAsync("--check-run", "ModelGuard");

        Assert.Contains("warning MG3009: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(server.Writes);
    }

    [Fact]
    public async Task Of_two_pull_requests_of_a_branch_the_one_at_this_commit_is_meant()
    {
        await using var server = await StartAsync();
        server.State.PullRequests.Add(new FakePullRequest(9, "mallory:patch-1", EventPayloads.Merge));
        using var tool = Tool(server);

        await tool.RunAsync();

        Assert.Equal(["POST /repos/acme/modelguard/issues/7/comments"], server.Writes.Select(w => w.ToString()), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("patch-2", "pull_request")]
    [InlineData("patch-1", "push")]
    [InlineData("patch-1", "schedule")]
    public async Task Without_an_open_pull_request_there_is_nothing_to_comment_on(string branch, string cause)
    {
        await using var server = await StartAsync();
        using var tool = Tool(server);
        tool.Event("workflow_run", EventPayloads.WorkflowRun(EventPayloads.Head, "mallory", branch, cause));

        var run = await tool.RunAsync();

        Assert.Contains("warning MG3011: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(server.Writes);
    }

    [Fact]
    public async Task Hostile_names_in_an_artifact_start_no_line_of_the_log_and_mention_nobody()
    {
        await using var server = await StartAsync();
        using var tool = Tool(server);
        tool.Write(SomeReport.OfAudit([.. HostileTexts.All.Select((text, i) => SomeReport.Gate("gone", $"c{i}", "fail", 0.9, displayName: text))]));

        var run = await tool.RunAsync("--policy-path", "policies/shapes.yaml", "--check-run", "ModelGuard");

        Assert.True(run.ExitCode == 0, run.All);
        Assert.All(run.All.Split('\n', '\r').Where(l => l.TrimStart().StartsWith("::", StringComparison.Ordinal)), l => Assert.StartsWith("::error file=policies/shapes.yaml,line=7,col=5,title=ModelGuard%3A gone::", l.Replace("::error title=ModelGuard::And", "::error file=policies/shapes.yaml,line=7,col=5,title=ModelGuard%3A gone::And", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.DoesNotMatch(@"(?m)^[^:\s]+\(\d+,\d+\): error ", run.All);
        Assert.DoesNotContain("@everyone", server.State.Comments[0].Body, StringComparison.Ordinal);
        Assert.All(server.State.CheckRuns[0].Annotations, a => Assert.DoesNotContain('\n', (string)a["message"]!));
    }

    private static async Task<FakeGitHub> StartAsync(string head = EventPayloads.Head)
    {
        var server = await FakeGitHub.StartAsync();
        server.State.PullRequests.Clear();
        server.State.PullRequests.Add(new FakePullRequest(7, "mallory:patch-1", head));
        return server;
    }

    private static CommentTool Tool(FakeGitHub server)
    {
        var tool = new CommentTool(server);
        tool.Event("workflow_run", EventPayloads.WorkflowRun(EventPayloads.Head, "mallory", "patch-1"));
        return tool;
    }
}
