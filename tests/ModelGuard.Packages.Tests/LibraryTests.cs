namespace ModelGuard.Packages.Tests;

/// <summary>Programs that use the libraries: those that the pages show, each in a project of its own that is made as its page says.</summary>
public sealed class LibraryTests(Feed feed)
{
    private static CodeBlock[] Programs { get; } = [.. CodeBlock.All.Where(b => b.Language == "csharp")];

    public static TheoryData<string> Places => [.. Programs.Select(b => b.ToString())];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_program_of_a_page_edits_and_audits(string place)
    {
        var program = Programs.Single(b => b.ToString() == place);
        using var workspace = new Workspace(feed, "program");
        foreach (var command in PackagesBefore(program).Prepend("dotnet new console"))
        {
            var made = await workspace.DotNetAsync(command.Split(' ')[1..]);
            Assert.True(made.ExitCode == 0, $"{command}: {made.All}");
        }

        workspace.Write("Program.cs", program.Text);
        workspace.WritePolicy("modelguard.yaml", seeds: 4);
        var passed = await workspace.DotNetAsync("run");
        Assert.True(passed.ExitCode == 0, passed.All);
        Assert.Contains("4 tensor(s) edited: sha256:", passed.Output, StringComparison.Ordinal);
        Assert.Contains("low, star: Pass.", passed.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(workspace["edited/text_encoder/model.safetensors"]));

        workspace.WritePolicy("modelguard.yaml", gate: "max: -1", seeds: 4);
        var failed = await workspace.DotNetAsync("run", "--no-build");
        Assert.True(failed.ExitCode == 1, failed.All);
        Assert.Contains("low, star: Fail.", failed.Output, StringComparison.Ordinal);
    }

    // What a page has its reader add stands right before the program.
    private static IEnumerable<string> PackagesBefore(CodeBlock program) => CodeBlock.All.Last(b => b.Page == program.Page && b.Line < program.Line && b.Language == "bash").Commands;
}
