using System.Text.Json;

namespace ModelGuard.Cli.Tests.Commands;

public sealed class ScoreCommandTests
{
    private static readonly string[] Command = ["score", "--scorer", PolicyFolder.Scorer, "--image", Picture("cat_landscape.png"), Picture("coffee_odd.png"), "--text", "a cat", "a cup of coffee", "[red]markup[/]"];

    [Fact]
    public async Task Raw_cosines_are_the_same_on_every_run()
    {
        var first = await Tool.RunAsync([.. Command, "--json"]);
        var again = await Tool.RunAsync([.. Command, "--json"]);

        Assert.True(first.ExitCode == 0, first.All);
        Assert.Empty(first.Error);
        Assert.Equal(first.Output, again.Output);
        using var json = JsonDocument.Parse(first.Output);
        var cosines = json.RootElement.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("cosines").EnumerateArray().Select(c => c.GetDouble()).ToArray()).ToArray();
        Assert.Equal(2, cosines.Length);
        Assert.All(cosines, row => Assert.Equal(3, row.Length));
        Assert.All(cosines.SelectMany(c => c), c => Assert.InRange(c, -1, 1));
        Assert.Equal(6, cosines.SelectMany(c => c).Distinct().Count());
    }

    [Fact]
    public async Task For_people_it_is_a_table_with_a_row_for_each_picture()
    {
        var result = await Tool.RunAsync(Command);

        Assert.True(result.ExitCode == 0, result.All);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Matches(@"^Raw cosine +a cat +a cup of coffee +\[red\]markup\[/\]$", lines[0]);
        Assert.Equal(2, lines.Count(l => System.Text.RegularExpressions.Regex.IsMatch(l, @"\.png( +-?0\.[0-9]{4}){3}$", System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public async Task A_missing_picture_is_named()
    {
        var result = await Tool.RunAsync("score", "--scorer", PolicyFolder.Scorer, "--image", "not-there.png", "--text", "a");

        Assert.True(result.ExitCode == 2, result.All);
        Assert.StartsWith("modelguard: error MG0250: ", result.Error, StringComparison.Ordinal);
    }

    private static string Picture(string name) => Path.Combine(RepositoryPaths.Golden, "images", name);
}
