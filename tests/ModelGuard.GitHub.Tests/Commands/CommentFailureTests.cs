using System.Globalization;
using ModelGuard.GitHub.Comments;
using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Commands;

public sealed class CommentFailureTests
{
    private const string CommentsEnd = "/issues/7/comments";
    private static readonly string Marker = CommentMarker.For("shapes.yaml").Text;

    [Fact]
    public async Task A_fork_is_asked_for_nothing_and_has_its_summary()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);
        tool.Event("pull_request", EventPayloads.PullRequest(7, EventPayloads.Head, "mallory/modelguard"));

        var run = await tool.RunAsync("--check-run", "ModelGuard");

        CommentTool.AssertWarns(run, "MG3010");
        Assert.Empty(server.Requests);
        Assert.StartsWith("## ", tool.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_can_only_read_is_a_warning()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.State.IsReadOnly = true;
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync("--check-run", "ModelGuard");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning MG3003: The token may not write comments: Resource not accessible by integration.", run.Error, StringComparison.Ordinal);
        Assert.Contains("warning MG3003: The token may not write check runs: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_needs_the_comment_gets_exit_code_2_without_it()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.State.IsReadOnly = true;
        using var tool = new CommentTool(server);

        Assert.Equal(2, (await tool.RunAsync("--require-comment")).ExitCode);
        server.State.IsReadOnly = false;
        Assert.Equal(0, (await tool.RunAsync("--require-comment")).ExitCode);
    }

    [Theory]
    [InlineData(null, "MG3001")]
    [InlineData("ghs_other", "MG3003")]
    public async Task Without_a_valid_token_nothing_is_written(string? token, string code)
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);
        if (token is null) tool.Without("GITHUB_TOKEN");
        else tool["GITHUB_TOKEN"] = token;

        CommentTool.AssertWarns(await tool.RunAsync(), code);
        Assert.Empty(server.State.Comments);
    }

    [Fact]
    public async Task A_limit_that_lasts_too_long_is_not_waited_for()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", CommentsEnd, 403, "API rate limit exceeded for installation.", ("Retry-After", "1800")));
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync();

        CommentTool.AssertWarns(run, "MG3004");
        Assert.Contains("asks to wait 1800 s", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_limit_is_waited_for_also_before_writing()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", CommentsEnd, 429, "Too many requests", ("Retry-After", "0")) { Times = 2 });
        server.Faults.Add(new Fault("POST", CommentsEnd, 403, "You have exceeded a secondary rate limit.", ("Retry-After", "0")));
        using var tool = new CommentTool(server);

        await AssertPublishesAsync(tool, server);
        Assert.Equal(2, server.Writes.Length);
    }

    [Fact]
    public async Task A_comment_that_was_created_though_the_server_failed_is_not_created_again()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("POST", CommentsEnd, 502) { IsAfterwards = true });
        using var tool = new CommentTool(server);

        await AssertPublishesAsync(tool, server);
        Assert.Single(server.Writes);
    }

    [Fact]
    public async Task A_comment_that_was_not_created_as_the_connection_broke_is_created_then()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("POST", CommentsEnd, 0));
        using var tool = new CommentTool(server);

        await AssertPublishesAsync(tool, server);
    }

    [Fact]
    public async Task A_server_that_fails_on_is_a_warning()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", "/pulls/7", 503, "Unavailable", ("Retry-After", "0")) { Times = 99 });
        using var tool = new CommentTool(server);

        CommentTool.AssertWarns(await tool.RunAsync(), "MG3007");
        Assert.Equal(5, server.Requests.Length);
    }

    [Fact]
    public async Task A_refused_text_is_said_with_its_reason()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("POST", CommentsEnd, 422) { Body = """{"message":"Validation Failed","errors":[{"resource":"IssueComment","code":"unprocessable","field":"data","message":"Body is too long (maximum is 65536 characters)"}]}""" });
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync();

        CommentTool.AssertWarns(run, "MG3006");
        Assert.Contains("Body is too long (maximum is 65536 characters).", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pull_request_that_has_moved_on_keeps_its_newer_comment()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.State.PullRequests[0] = server.State.PullRequests[0] with { HeadSha = EventPayloads.Merge };
        server.State.Add(FakeGitHub.Bot, Marker + "\nNewer");
        using var tool = new CommentTool(server);

        CommentTool.AssertWarns(await tool.RunAsync("--check-run", "ModelGuard"), "MG3009");
        Assert.Empty(server.Writes);
    }

    [Fact]
    public async Task A_pull_request_that_is_not_there_is_said()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);

        CommentTool.AssertWarns(await tool.RunAsync("--pull-request", "8"), "MG3005");
    }

    [Fact]
    public async Task A_push_belongs_to_no_pull_request()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);
        tool.Event("push", EventPayloads.Push);

        CommentTool.AssertWarns(await tool.RunAsync(), "MG3011");
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Cancelled_while_it_waits_it_ends_at_once_and_never_loaded_LibTorch()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", "/pulls/7", 429, "Too many requests", ("Retry-After", "3000")));
        using var tool = new CommentTool(server);
        using var process = tool.Start("--max-wait", "3600");
        await process.UntilAsync(_ => server.Requests.Length > 0);
        // The answer must have arrived, or else the request is what is cancelled; both end alike.
        Assert.False(process.HasLoaded("libtorch"));

        await process.SignalAsync("INT");

        var run = await process.WaitAsync();
        Assert.True(run.ExitCode == 130, run.All);
    }

    [Theory]
    [InlineData("{}", "MG1401")]
    [InlineData("not JSON", "MG1401")]
    public async Task What_is_no_report_is_an_error_and_nothing_is_written(string text, string code)
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);
        await File.WriteAllTextAsync(tool.Report, text);

        var run = await tool.RunAsync();

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"error {code}: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        Assert.Empty(tool.Summary);
    }

    [Fact]
    public async Task A_report_whose_verdict_does_not_follow_from_its_numbers_is_not_published()
    {
        await using var server = await FakeGitHub.StartAsync();
        var report = OneGate.Of("fail");
        report["audit"]!["verdict"] = "pass";
        using var tool = new CommentTool(server, report);

        var run = await tool.RunAsync();

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("error MG2021: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        Assert.Empty(tool.Summary);
    }

    [Fact]
    public async Task A_report_of_many_concepts_fits_into_the_comment()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server, SomeReport.OfAudit([.. Enumerable.Range(0, 3000).Select(i => SomeReport.Gate("gone", string.Create(CultureInfo.InvariantCulture, $"concept-{i}"), "fail", 0.9))]));

        await AssertPublishesAsync(tool, server);
        Assert.InRange(server.State.Comments[0].Body.Length, 50_000, 65_536);
        Assert.InRange(tool.Summary.Length, 200_000, 900 << 10);
    }

    private static async Task AssertPublishesAsync(CommentTool tool, FakeGitHub server)
    {
        var run = await tool.RunAsync("--require-comment");
        Assert.True(run.ExitCode == 0, run.All);
        Assert.Single(server.State.Comments);
    }
}
