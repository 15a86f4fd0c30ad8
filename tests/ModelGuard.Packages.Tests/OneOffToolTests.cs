namespace ModelGuard.Packages.Tests;

/// <summary>The tool without an installation, as a job runs it that needs it once.</summary>
public sealed class OneOffToolTests(Feed feed)
{
    [Fact]
    public async Task It_runs_straight_from_the_feed_edits_a_model_and_leaves_nothing_installed()
    {
        using var workspace = new Workspace(feed);
        workspace.WritePolicy();
        var package = $"ModelGuard.Tool@{Feed.Version}";

        var version = await workspace.DotNetAsync("tool", "exec", package, "--source", feed.Packages, "--yes", "--", "--version");
        var edit = await workspace.DotNetAsync("tool", "exec", package, "--source", feed.Packages, "--yes", "--", "edit", "policy.yaml");
        var wrong = await workspace.DotNetAsync("tool", "exec", package, "--source", feed.Packages, "--yes", "--", "bogus");
        var installed = await workspace.DotNetAsync("tool", "list");

        Assert.True(version.ExitCode == 0, version.All);
        Assert.StartsWith(Feed.Version, version.Output.Trim(), StringComparison.Ordinal);
        Assert.True(edit.ExitCode == 0, edit.All);
        Assert.True(File.Exists(workspace["edited/modelguard-report.json"]), edit.All);
        Assert.Equal(64, wrong.ExitCode);
        Assert.DoesNotContain("modelguard", installed.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(workspace[".config/dotnet-tools.json"]));
    }
}
