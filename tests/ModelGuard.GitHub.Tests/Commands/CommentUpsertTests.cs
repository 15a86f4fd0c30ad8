using System.Text.Json;
using ModelGuard.GitHub.Comments;
using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Commands;

public sealed class CommentUpsertTests
{
    private static readonly string Marker = CommentMarker.For("shapes.yaml").Text;

    [Fact]
    public async Task The_first_run_writes_a_comment_the_next_one_with_the_same_result_nothing_and_another_result_changes_it()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);

        var first = await tool.RunAsync();
        var second = await tool.RunAsync();
        tool.Write(SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "fail", 0.9)]));
        var third = await tool.RunAsync();

        Assert.All([first, second, third], f => Assert.Equal(0, f.ExitCode));
        Assert.Equal(["POST /repos/acme/modelguard/issues/7/comments", "PATCH /repos/acme/modelguard/issues/comments/3000000000"], server.Writes.Select(w => w.ToString()), StringComparer.Ordinal);
        var comment = Assert.Single(server.State.Comments);
        Assert.StartsWith(Marker + "\n## ", comment.Body, StringComparison.Ordinal);
        Assert.Contains("fail", comment.Body, StringComparison.Ordinal);
        Assert.Contains($"Commit {EventPayloads.Head}.", comment.Body, StringComparison.Ordinal);
        Assert.Contains("Comment 3000000000 created: https://github.example/acme/modelguard/pull/7#issuecomment-3000000000", first.Error, StringComparison.Ordinal);
        Assert.Contains("Comment 3000000000 unchanged", second.Error, StringComparison.Ordinal);
        Assert.Contains("Comment 3000000000 updated", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_oldest_of_several_of_ours_stays_beyond_the_first_page_and_others_are_left_alone()
    {
        await using var server = await FakeGitHub.StartAsync();
        for (var i = 0; i < 130; i++) server.State.Add($"user-{i}", $"Comment {i}");
        var planted = server.State.Add("mallory", Marker + "\nPlanted");
        var quoted = server.State.Add(FakeGitHub.Bot, "> " + Marker);
        var oldest = server.State.Add(FakeGitHub.Bot, Marker + "\nOld");
        var otherPolicy = server.State.Add(FakeGitHub.Bot, CommentMarker.For("other.yaml").Text);
        for (var i = 0; i < 110; i++) server.State.Add($"user-{i}", $"Comment {i}");
        var extra = server.State.Add(FakeGitHub.Bot, Marker + "\nDouble");
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync("--json");

        Assert.True(run.ExitCode == 0, run.All);
        Assert.Equal([$"PATCH /repos/acme/modelguard/issues/comments/{oldest.Id}", $"DELETE /repos/acme/modelguard/issues/comments/{extra.Id}"], server.Writes.Select(w => w.ToString()), StringComparer.Ordinal);
        Assert.Equal(3, server.Requests.Count(r => r is { Method: "GET", Route: "/repos/acme/modelguard/issues/7/comments" }));
        Assert.All([planted, quoted, otherPolicy], c => Assert.Contains(c, server.State.Comments));
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(("updated", extra.Id), (json.RootElement.GetProperty("comment").GetProperty("change").GetString(), json.RootElement.GetProperty("comment").GetProperty("deleted")[0].GetInt64()));
    }

    [Fact]
    public async Task A_planted_marker_of_somebody_else_is_never_adopted()
    {
        await using var server = await FakeGitHub.StartAsync();
        var planted = server.State.Add("mallory", Marker + "\n## ✅ ModelGuard: pass");
        using var tool = new CommentTool(server);

        await tool.RunAsync();

        Assert.Equal([planted, server.State.Comments[1]], server.State.Comments);
        Assert.Equal(FakeGitHub.Bot, server.State.Comments[1].Author);
    }

    [Fact]
    public async Task Several_policies_of_a_repository_have_a_comment_each_by_key()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);

        await tool.RunAsync("--key", "styles");
        await tool.RunAsync("--key", "facts");
        await tool.RunAsync("--key", "styles");

        Assert.Equal(["<!-- modelguard:report:styles v1 -->", "<!-- modelguard:report:facts v1 -->"], server.State.Comments.Select(c => c.Body.Split('\n')[0]), StringComparer.Ordinal);
    }

    [Fact]
    public async Task With_a_named_author_GraphQL_is_not_asked()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("POST", "/graphql", 404, "Not Found") { Times = 9 });
        var own = server.State.Add(FakeGitHub.Bot, Marker);
        server.State.Add("mallory", Marker);
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync("--author", FakeGitHub.Bot);

        Assert.Contains(FormattableString.Invariant($"Comment {own.Id} updated"), run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, r => r.Path.EndsWith("/graphql", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Outputs_of_the_step_name_verdict_and_comment()
    {
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server);

        await tool.RunAsync();

        Assert.Matches("^verdict<<(\\S+)\npass\n\\1\ncomment-id<<(\\S+)\n3000000000\n\\2\n$", tool.Outputs);
        Assert.StartsWith("## ", tool.Summary, StringComparison.Ordinal);
    }
}
