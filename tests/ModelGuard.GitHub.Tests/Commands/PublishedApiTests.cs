using System.Globalization;
using System.Text.Json;
using ModelGuard.GitHub.Comments;
using ModelGuard.GitHub.Tests.Server;
using ModelGuard.Rendering.Tests;

namespace ModelGuard.GitHub.Tests.Commands;

/// <summary>The tool against GitHub's own description of its API.</summary>
public sealed class PublishedApiTests(NodePackages packages)
{
    // Of the description's example of a pull request.
    private const string ExampleHead = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    private static readonly string Marker = CommentMarker.For("shapes.yaml").Text;

    [Theory]
    [InlineData("api.github.com")]
    [InlineData("ghes-3.19")]
    public async Task The_descriptions_own_answers_are_understood_and_a_first_comment_is_created(string version)
    {
        using var api = await PublishedApi.StartAsync(await packages.RequireAsync(), version);
        await using var server = await FakeGitHub.StartAsync();
        using var tool = new CommentTool(server) { ["GITHUB_API_URL"] = api.Address.ToString() };
        tool.Event("pull_request", EventPayloads.PullRequest(1347, ExampleHead));

        var run = await tool.RunAsync("--json", "--check-run", "ModelGuard");

        Assert.True(run.ExitCode == 0, run.All);
        using var result = JsonDocument.Parse(run.Output);
        Assert.True(result.RootElement.GetProperty("warnings").GetArrayLength() == 0, run.All);
        Assert.Equal("created", result.RootElement.GetProperty("comment").GetProperty("change").GetString());
        Assert.Equal(1, result.RootElement.GetProperty("comment").GetProperty("id").GetInt64());
        Assert.Equal(4, result.RootElement.GetProperty("checkRun").GetInt64());
    }

    [Fact]
    public async Task An_example_of_a_comment_with_our_marker_is_updated()
    {
        using var api = await PublishedApi.StartAsync(await packages.RequireAsync(), comment: Marker + "\nOld");
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("POST", "/graphql", 200) { Body = """{"data":{"nodes":[{"viewerDidAuthor":true}]}}""" });
        using var tool = new CommentTool(server) { ["GITHUB_API_URL"] = api.Address.ToString() };
        tool.Event("pull_request", EventPayloads.PullRequest(1347, ExampleHead));

        var run = await tool.RunAsync();

        Assert.Contains("Comment 1 updated", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_request_of_a_whole_life_of_a_comment_fits_the_description()
    {
        using var api = await PublishedApi.StartAsync(await packages.RequireAsync());
        await using var server = await FakeGitHub.StartAsync();
        server.Judge = api.JudgeAsync;
        for (var i = 0; i < 130; i++) server.State.Add($"user-{i}", "Hello");
        using var tool = new CommentTool(server, SomeReport.OfAudit([.. Enumerable.Range(1, 120).Select(i => SomeReport.Gate("gone", string.Create(CultureInfo.InvariantCulture, $"c{i}"), "fail", 0.9, line: i))]));
        string[] options = ["--check-run", "ModelGuard", "--policy-path", "policies/shapes.yaml"];

        await tool.RunAsync(options);
        server.State.Add(FakeGitHub.Bot, Marker + "\nDouble");
        tool.Write(SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "pass", 0)]));
        await tool.RunAsync(options);
        tool.Event("workflow_run", EventPayloads.WorkflowRun(EventPayloads.Head, "acme", "patch-1"));
        await tool.RunAsync(options);

        Assert.Equal(["DELETE", "GET", "PATCH", "POST"], server.Requests.Select(r => r.Method).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Empty(server.Violations);
    }

    [Fact]
    public async Task The_judge_sees_what_the_description_does_not_allow()
    {
        using var api = await PublishedApi.StartAsync(await packages.RequireAsync());
        await using var server = await FakeGitHub.StartAsync();
        server.Judge = api.JudgeAsync;
        using var client = new HttpClient();

        foreach (var body in new[] { "{}", """{"body":7}""" })
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri(server.Api + "/repos/acme/modelguard/issues/7/comments"), content);
        }

        Assert.Equal(2, server.Violations.Length);
    }
}
