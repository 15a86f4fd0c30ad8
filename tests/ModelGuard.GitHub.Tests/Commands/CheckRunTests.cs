using System.Globalization;
using System.Text.Json.Nodes;
using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Commands;

public sealed class CheckRunTests
{
    [Theory]
    [InlineData("pass", "success")]
    [InlineData("waived", "success")]
    [InlineData("fail", "failure")]
    [InlineData("inconclusive", "failure")]
    public async Task A_conclusion_follows_from_the_verdict_and_what_was_not_judged_is_no_success(string verdict, string conclusion)
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server, OneGate.Of(verdict));

        await tool.RunAsync("--check-run", "ModelGuard", "--no-comment");

        Assert.Equal(("ModelGuard", EventPayloads.Head, conclusion), Assert.Single(server.State.CheckRuns) is var run ? (run.Name, run.HeadSha, run.Conclusion) : default);
        Assert.Empty(server.State.Comments);
        Assert.Equal("https://github.example/acme/modelguard/actions/runs/42", (string?)server.Writes[0].Json["details_url"]);
    }

    [Fact]
    public async Task A_push_gets_a_check_run_on_its_own_commit()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);
        tool.Event("push", EventPayloads.Push);

        var run = await tool.RunAsync("--check-run", "ModelGuard", "--no-comment");

        Assert.DoesNotContain("warning", run.Error, StringComparison.Ordinal);
        Assert.Equal(EventPayloads.Merge, Assert.Single(server.State.CheckRuns).HeadSha);
    }

    [Fact]
    public async Task Annotations_come_fifty_in_a_request_and_stand_at_their_concepts_line()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server, SomeReport.OfAudit([.. Enumerable.Range(1, 120).Select(i => SomeReport.Gate("gone", string.Create(CultureInfo.InvariantCulture, $"c{i}"), "fail", 0.9, line: i))]));

        await tool.RunAsync("--check-run", "ModelGuard", "--policy-path", "policies/shapes.yaml", "--no-comment");

        Assert.Equal(["POST /repos/acme/modelguard/check-runs", "PATCH /repos/acme/modelguard/check-runs/1", "PATCH /repos/acme/modelguard/check-runs/1"], server.Writes.Select(w => w.ToString()), StringComparer.Ordinal);
        Assert.Equal([50, 50, 20], server.Writes.Select(w => w.Json["output"]!["annotations"]!.AsArray().Count));
        var annotations = server.State.CheckRuns[0].Annotations;
        Assert.Equal(Enumerable.Range(1, 120), annotations.Select(a => (int)a["start_line"]!));
        Assert.True(JsonNode.DeepEquals(annotations[0], JsonNode.Parse("""{"path":"policies/shapes.yaml","start_line":1,"end_line":1,"start_column":5,"end_column":5,"annotation_level":"failure","message":"'c1' fails (gate 'gone'): Recognition is 0.900; the limit is at most 0.05.","title":"ModelGuard: gone"}""")), annotations[0].ToJsonString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("policies/other.yaml")]
    [InlineData("../shapes.yaml")]
    public async Task Without_the_policys_place_in_the_repository_annotations_stand_at_no_file(string? policy)
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server, SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "fail", 0.9)]));

        var run = await tool.RunAsync(["--check-run", "ModelGuard", .. policy is null ? Array.Empty<string>() : ["--policy-path", policy]]);

        Assert.Empty(server.State.CheckRuns[0].Annotations);
        Assert.Contains("::error title=ModelGuard%3A gone::'van-gogh' fails", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_has_ten_annotations_of_a_level_at_most_the_worst_first_and_the_last_counts_the_rest()
    {
        await using var server = await FakeGitHub.StartAsync();
        JsonObject[] gates =
        [
            .. Enumerable.Range(0, 30).Select(i => SomeReport.Gate("gone", string.Create(CultureInfo.InvariantCulture, $"c{i}"), "fail", 0.9)),
            SomeReport.Gate("gone", "worst", "fail", 0.9, severity: "critical"),
            SomeReport.Gate("gone", "small", "fail", 0.9, severity: "low"),
            SomeReport.Gate("gone", "accepted", "waived", 0.9),
            SomeReport.Gate("gone", "fine", "pass", 0),
        ];
        using var tool = new CommentTool(server, SomeReport.OfAudit(gates, [SomeReport.Waiver("gone", "accepted", "2026-12-31")]));

        var commands = (await tool.RunAsync()).ErrorLines.Where(l => l.StartsWith("::", StringComparison.Ordinal)).ToArray();

        Assert.Equal(10, commands.Count(c => c.StartsWith("::error ", StringComparison.Ordinal)));
        Assert.Contains("'worst'", commands[0], StringComparison.Ordinal);
        Assert.Equal("::error title=ModelGuard::And 22 more, in the report and the job's summary.", commands[9]);
        Assert.Contains("'small'", Assert.Single(commands, c => c.StartsWith("::warning ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("'accepted'", Assert.Single(commands, c => c.StartsWith("::notice ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_of_a_workflow_nothing_but_the_comment_is_written()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server, SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "fail", 0.9)]));
        foreach (var name in new[] { "GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_RUN_ID", "GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT" }) tool.Without(name);

        var run = await tool.RunAsync("--repository", EventPayloads.Repository, "--pull-request", "7");

        Assert.True(run.ExitCode == 0, run.All);
        Assert.DoesNotContain("::", run.Error.Replace("https://", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains($"Commit {EventPayloads.Head}.", Assert.Single(server.State.Comments).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--repository", "acme")]
    [InlineData("--pull-request", "0")]
    [InlineData("--pull-request", "x")]
    [InlineData("--commit", "main")]
    [InlineData("--key", "a-->b")]
    [InlineData("--max-wait", "-1")]
    public async Task A_wrong_option_is_a_usage_error(string option, string value)
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync(option, value);

        Assert.True(run.ExitCode == 64, run.All);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_summary_that_would_grow_too_large_is_a_warning_and_the_comment_is_written()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);
        await File.WriteAllTextAsync(tool.SummaryFile, new string('x', 1 << 20));

        var run = await tool.RunAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning MG3012: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(1 << 20, tool.Summary.Length);
        Assert.Single(server.State.Comments);
    }
}
