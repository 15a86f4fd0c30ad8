using ModelGuard.GitHub.Tests.Commands;

namespace ModelGuard.GitHub.Tests.Workflows;

/// <summary>The action with the tool that users get, on a small model: nothing stands in for anything but GitHub and the upload.</summary>
public sealed class RealToolTests
{
    [Theory]
    [InlineData(2, "pass")]
    [InlineData(-1, "fail")]
    public async Task The_action_edits_audits_and_comments_and_signs_what_passed(int max, string verdict)
    {
        await using var job = await Job.StartAsync("pass");
        await File.WriteAllTextAsync(job.Action.Workspace["policy.yaml"], Policy(max));
        await RunToolAsync(job, "keygen", "--output", "key.pem", "--public-output", "key.pub.pem");
        var key = await File.ReadAllTextAsync(job.Action.Workspace["key.pem"]);
        File.Delete(job.Action.Workspace["key.pem"]);
        job.Action.Variables.Add(("MODELGUARD_CACHE", "off"));

        await job.Action.RunAsync(("tool", CommentTool.Executable), ("policy", "policy.yaml"), ("private-key", key), ("check-run", "ModelGuard"));

        var passed = verdict == "pass";
        Assert.True(job.Action.HasSucceeded == passed, job.Action.Log);
        Assert.Equal((verdict, job.Action.Workspace["out"]), (job.Action.Output("verdict"), job.Action.Output("edited-model")));
        Assert.Single(job.Action.Used);
        Assert.Contains("Trademark B", Assert.Single(job.Server.State.Comments).Body, StringComparison.Ordinal);
        Assert.Equal(passed ? "success" : "failure", Assert.Single(job.Server.State.CheckRuns).Conclusion);
        Assert.DoesNotContain("PRIVATE KEY", job.Action.Log, StringComparison.Ordinal);
        Assert.Equal(passed, File.Exists(job.Action.Workspace["out/model.sig"]));
        if (!passed) return;
        var verified = await RunToolAsync(job, "verify", "out", "--only", "signature,digest", "--public-key", "key.pub.pem", "--report", job.Action.Output("report"));
        Assert.True(verified.ExitCode == 0, verified.Error);
    }

    private static Task<ChildProcess.Finished> RunToolAsync(Job job, params string[] arguments) => ChildProcess.RunAsync(CommentTool.Executable, arguments, job.Action.Workspace.Path, job.Runner.Environment);

    private static string Policy(int max) => $$"""
        version: 1
        model: { base: '{{Path.Combine(RepositoryPaths.Golden, "sd1-tiny")}}', output: out }
        scorer: '{{Path.Combine(RepositoryPaths.Golden, "clip-tiny")}}'
        edit: { layers: [0, 1] }
        generation: { steps: 1, seeds: 4 }
        concepts:
          - { id: star, action: remove, attribute: object, match: ["star"], replaceWith: "circle", displayName: "Trademark B", severity: high, prompts: ["a {concept}", "the {concept}"] }
        gates:
          - { id: low, metric: clip-score, on: removed, max: {{max}} }
        """;
}
