using System.Text;
using CsCheck;
using ModelGuard.GitHub.Actions;

namespace ModelGuard.GitHub.Tests.Actions;

public sealed class WorkflowEventTests
{
    [Fact]
    public void A_pull_request_of_the_repository_itself_is_no_fork()
    {
        var read = Read("pull_request", EventPayloads.PullRequest(7, EventPayloads.Head));

        Assert.Equal(new WorkflowEvent("pull_request", 7, EventPayloads.Head, IsFromFork: false, null), read);
    }

    [Theory]
    [InlineData("mallory/modelguard")]
    [InlineData(null)]
    public void A_head_in_another_repository_or_in_one_that_was_deleted_is_a_fork(string? repository)
    {
        Assert.True(Read("pull_request", EventPayloads.PullRequest(7, EventPayloads.Head, repository)).IsFromFork);
    }

    [Fact]
    public void A_workflow_run_names_its_branch_and_never_a_pull_request()
    {
        var read = Read("workflow_run", EventPayloads.WorkflowRun(EventPayloads.Head, "mallory", "patch-1"));

        Assert.Equal(new WorkflowEvent("workflow_run", null, EventPayloads.Head, IsFromFork: true, new HeadBranch("mallory", "patch-1")), read);
    }

    [Fact]
    public void A_workflow_run_after_a_push_belongs_to_no_pull_request()
    {
        Assert.Null(Read("workflow_run", EventPayloads.WorkflowRun(EventPayloads.Head, "acme", "main", cause: "push")).Head);
    }

    [Fact]
    public void A_push_has_no_pull_request_and_no_commit_of_its_own() => Assert.Equal(new WorkflowEvent("push", null, null, IsFromFork: false, null), Read("push", EventPayloads.Push));

    [Theory]
    [InlineData("pull_request", "[]")]
    [InlineData("pull_request", "{\"pull_request\":{}}")]
    [InlineData("pull_request", "{\"pull_request\":{\"number\":-1}}")]
    [InlineData("pull_request", "{\"pull_request\":{\"number\":1,\"head\":{\"sha\":\"main; rm -rf /\"}}}")]
    [InlineData("pull_request", "{\"pull_request\":")]
    [InlineData("workflow_run", "{}")]
    [InlineData("workflow_run", "{\"workflow_run\":{\"head_sha\":\"../../x\"}}")]
    public void What_is_no_such_event_is_refused_with_one_sentence(string name, string payload)
    {
        var refusal = Assert.Throws<GitHubException>(() => Read(name, payload));

        Assert.Equal("MG3002", refusal.Code);
        Assert.StartsWith("The file of GITHUB_EVENT_PATH ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused() => Gen.OneOf(Gen.Byte.Array[0, 200], Mutated).Sample(bytes =>
    {
        foreach (var name in new[] { "pull_request", "workflow_run" })
        {
            try
            {
                var read = WorkflowEvent.Read(name, bytes);
                Assert.True(read.Commit is null || CommitId.IsValid(read.Commit));
            }
            catch (GitHubException e)
            {
                Assert.Equal("MG3002", e.Code);
            }
        }
    });

    // A valid payload with one byte changed comes further than noise.
    private static Gen<byte[]> Mutated { get; } =
        from payload in Gen.OneOfConst(EventPayloads.PullRequest(7, EventPayloads.Head), EventPayloads.WorkflowRun(EventPayloads.Head, "mallory", "patch-1"))
        from place in Gen.Double[0, 0.999]
        from value in Gen.Byte
        select Change(Encoding.UTF8.GetBytes(payload), place, value);

    private static byte[] Change(byte[] bytes, double place, byte value)
    {
        bytes[(int)(place * bytes.Length)] = value;
        return bytes;
    }

    private static WorkflowEvent Read(string name, string payload) => WorkflowEvent.Read(name, Encoding.UTF8.GetBytes(payload));
}
