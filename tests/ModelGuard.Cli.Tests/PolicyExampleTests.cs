using System.Text.RegularExpressions;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Tests;

/// <summary>Policies that the pages show can be used as they stand.</summary>
public sealed partial class PolicyExampleTests
{
    [Theory]
    [InlineData("README.md", 10)]
    [InlineData("docs/policy.md", int.MaxValue)]
    public void The_policy_of_a_page_is_read_without_a_finding(string page, int lines)
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, page)).ReplaceLineEndings("\n");

        var example = Assert.Single(Example().Matches(text), m => m.Groups["text"].Value.Contains("version: 1", StringComparison.Ordinal)).Groups["text"].Value;

        Assert.Empty(PolicyReader.Parse(example, Path.Combine(RepositoryPaths.Root, "policies", "example.yaml")).Diagnostics);
        Assert.InRange(example.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, lines);
    }

    [GeneratedRegex("^```yaml\n(?<text>.*?)^```$", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Example();
}
