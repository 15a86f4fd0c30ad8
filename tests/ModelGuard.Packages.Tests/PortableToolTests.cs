namespace ModelGuard.Packages.Tests;

/// <summary>The tool without LibTorch, on a machine that has LibTorch somewhere, or nowhere.</summary>
public sealed class PortableToolTests(Feed feed)
{
    [Fact]
    public async Task It_checks_without_LibTorch_says_where_it_looked_for_it_and_takes_it_from_where_it_is()
    {
        using var workspace = new Workspace(feed);
        workspace.WritePolicy();
        var installed = await workspace.DotNetAsync("tool", "install", "ModelGuard.Tool.any", "--tool-path", workspace["tools"]);
        Assert.True(installed.ExitCode == 0, installed.All);
        var tool = workspace["tools/modelguard"];

        var check = await workspace.RunAsync(tool, [], "check", "policy.yaml");
        var missing = await workspace.RunAsync(tool, [], "edit", "policy.yaml");
        Assert.True(check.ExitCode == 0, check.All);
        Assert.Equal(2, missing.ExitCode);
        Assert.StartsWith("modelguard: error MG0001: LibTorch 2.10.0 is not part of this tool and was not found:", Assert.Single(missing.ErrorLines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(workspace["edited"]));

        // A folder that is named; PyTorch of the right version; NuGet's cache.
        WritePython(workspace, "right", "2.10.0+cpu");
        WritePython(workspace, "wrong", "2.9.1");
        (string, string?)[][] places =
        [
            [("MODELGUARD_LIBTORCH", feed.InstalledTool)],
            [("VIRTUAL_ENV", workspace["right"])],
            [("NUGET_PACKAGES", Feed.MachineCache)],
        ];
        foreach (var place in places)
        {
            var edit = await workspace.RunAsync(tool, place, "edit", "policy.yaml", "--force");
            Assert.True(edit.ExitCode == 0, edit.All);
        }

        var wrong = await workspace.RunAsync(tool, [("VIRTUAL_ENV", workspace["wrong"])], "edit", "policy.yaml", "--force");
        Assert.Contains("error MG0001: ", wrong.Error, StringComparison.Ordinal);
    }

    // As pip lays it out, with the libraries of the tool for this platform in the place of PyTorch's.
    private void WritePython(Workspace workspace, string name, string version)
    {
        var torch = $"{name}/lib/python3.13/site-packages/torch";
        workspace.Write($"{torch}/version.py", $"from typing import Optional\n\n__all__ = ['__version__']\n__version__ = '{version}'\ncuda: Optional[str] = None\n");
        Directory.CreateSymbolicLink(workspace[$"{torch}/lib"], feed.InstalledTool);
    }
}
