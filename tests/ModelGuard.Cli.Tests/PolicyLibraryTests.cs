namespace ModelGuard.Cli.Tests;

/// <summary>The policies of <c>policies/</c> that people start from.</summary>
public sealed class PolicyLibraryTests
{
    private static readonly string Library = Path.Combine(RepositoryPaths.Root, "policies");

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Library, "*.yaml").Select(f => Path.GetFileName(f)).Where(n => n != "shapes.yaml").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_policy_of_the_library_is_valid_where_it_stands_and_contradicts_nothing_in_a_model(string name)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["policies"]);
        File.Copy(Path.Combine(Library, name), folder[$"policies/{name}"]);
        foreach (var file in Directory.EnumerateFiles(PolicyFolder.Base, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(folder["models/stable-diffusion"], Path.GetRelativePath(PolicyFolder.Base, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var (alone, withModel) = (await Tool.RunAsync("check", Path.Combine(Library, name)), await Tool.RunAsync("check", folder[$"policies/{name}"]));

        Assert.True(alone.ExitCode == 0, alone.All);
        Assert.EndsWith("The base '../models/stable-diffusion' is not there, so it was not looked at.", Assert.Single(alone.ErrorLines), StringComparison.Ordinal);
        Assert.True(withModel.ExitCode == 0, withModel.All);
        Assert.EndsWith("is a checkpoint that can be edited.", Assert.Single(withModel.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_policy_of_the_library_names_the_schema_and_stands_on_the_policy_page()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "docs", "policy.md"));
        const string Line = "# yaml-language-server: $schema=";

        Assert.Equal(["artist-styles.yaml", "facts.yaml", "safety-starter.yaml", "trademarks.yaml"], Names.Select(n => n.Data), StringComparer.Ordinal);
        foreach (var name in Names.Select(n => n.Data))
        {
            var first = (await File.ReadAllLinesAsync(Path.Combine(Library, name)))[0];
            Assert.StartsWith(Line, first, StringComparison.Ordinal);
            Assert.True(File.Exists(Path.Combine(Library, first[Line.Length..])), first);
            Assert.Contains($"(../policies/{name})", page, StringComparison.Ordinal);
        }
    }
}
