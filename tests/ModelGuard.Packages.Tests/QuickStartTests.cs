using System.Text.RegularExpressions;

namespace ModelGuard.Packages.Tests;

/// <summary>The first commands of the README, by somebody who has the SDK and nothing else.</summary>
public sealed partial class QuickStartTests(Feed feed)
{
    [Fact]
    public async Task Five_commands_lead_from_nothing_to_an_edited_model()
    {
        using var workspace = new Workspace(feed, "governed");
        var readme = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "README.md"));
        var commands = FirstBlock().Match(readme.ReplaceLineEndings("\n")).Groups["commands"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, commands.Length);
        Assert.Equal("dotnet new console", commands[0]);

        // Nothing of the machine's but the SDK.
        var results = new List<ChildProcess.Finished>();
        foreach (var command in commands)
        {
            var words = command.Split(' ');
            Assert.Equal("dotnet", words[0]);
            results.Add(await workspace.RunAsync(Feed.Host, [("PATH", "/usr/bin:/bin")], words[1..]));
            Assert.True(results[^1].ExitCode == 0, $"{command}: {results[^1].All}");
        }

        Assert.Contains("Edited 1 tensor(s)", results[^1].Output, StringComparison.Ordinal);
        Assert.True(File.Exists(workspace["shapes-governed/modelguard-report.json"]));
        Assert.True(File.Exists(workspace["shapes-governed/unet/diffusion_pytorch_model.safetensors"]));
        var program = await workspace.DotNetAsync("run", "--no-build");
        Assert.Equal("Hello, World!", program.Output.Trim());
    }

    [GeneratedRegex("^## Try it\n.*?^```bash\n(?<commands>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FirstBlock();
}
