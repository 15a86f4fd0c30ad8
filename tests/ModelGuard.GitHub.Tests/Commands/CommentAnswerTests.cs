using ModelGuard.GitHub.Comments;
using ModelGuard.GitHub.Tests.Server;

namespace ModelGuard.GitHub.Tests.Commands;

/// <summary>Answers that no GitHub should give.</summary>
public sealed class CommentAnswerTests
{
    [Theory]
    [InlineData("""{"data":null,"errors":[{"type":"FORBIDDEN","message":"Resource not accessible by integration"}]}""")]
    [InlineData("""{"data":{"nodes":[]}}""")]
    [InlineData("""{"data":{"nodes":[{"viewerDidAuthor":true},{"viewerDidAuthor":true}]}}""")]
    [InlineData("""{"data":{}}""")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("")]
    public async Task Where_GraphQL_does_not_say_whose_a_comment_is_none_is_changed_and_none_added(string answer)
    {
        await using var server = await FakeGitHub.StartAsync();
        server.State.Add(FakeGitHub.Bot, CommentMarker.For("shapes.yaml").Text);
        server.Faults.Add(new Fault("POST", "/graphql", 200) { Body = answer });
        using var tool = new CommentTool(server);

        CommentTool.AssertWarns(await tool.RunAsync(), "MG3008");
        Assert.Empty(server.Writes);
    }

    [Theory]
    [InlineData("<html>Sign in</html>")]
    [InlineData("{\"number\":7}")]
    [InlineData("{\"number\":7,\"head\":{\"sha\":\"main\"}}")]
    [InlineData("{\"number\":[]}")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public async Task An_answer_that_is_none_of_GitHubs_is_a_warning(string answer)
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", "/pulls/7", 200) { Body = answer });
        using var tool = new CommentTool(server);

        CommentTool.AssertWarns(await tool.RunAsync(), "MG3007");
        Assert.Empty(server.Writes);
    }

    [Fact]
    public async Task A_server_that_repeats_the_token_does_not_bring_it_into_the_log()
    {
        await using var server = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", "/pulls/7", 403, $"Token {FakeGitHub.Token} is blocked\n::error::forged"));
        using var tool = new CommentTool(server);

        var run = await tool.RunAsync();

        CommentTool.AssertWarns(run, "MG3003");
        Assert.Contains("Token *** is blocked", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(run.ErrorLines, l => l.StartsWith("::error::forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_redirect_to_another_server_does_not_take_the_token_there()
    {
        await using var server = await FakeGitHub.StartAsync();
        await using var other = await FakeGitHub.StartAsync();
        server.Faults.Add(new Fault("GET", "/pulls/7", 307, "Moved", ("Location", other.Api + "/repos/acme/modelguard/pulls/7")));
        using var tool = new CommentTool(server);

        CommentTool.AssertWarns(await tool.RunAsync(), "MG3003");
        Assert.Null(Assert.Single(other.Requests).Authorization);
    }
}
