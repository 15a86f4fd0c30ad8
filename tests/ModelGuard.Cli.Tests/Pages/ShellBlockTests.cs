namespace ModelGuard.Cli.Tests.Pages;

/// <summary>The commands of the pages: those of the tool are run as they stand, page by page, on small models.</summary>
public sealed class ShellBlockTests
{
    /// <summary>Commands of the tool that are not run here, by their start, and why. They are parsed all the same.</summary>
    private static readonly Dictionary<string, string> NotRun = new(StringComparer.Ordinal)
    {
        ["modelguard comment "] = "It talks to GitHub; tests/ModelGuard.GitHub.Tests runs it against a server.",
        ["dotnet run --project src/ModelGuard.Cli -- audit policies/shapes.yaml"] = "1,120 pictures of the sample; SampleTests audits it.",
        ["modelguard trace samples/Shapes/trace.yaml --corruption"] = "Minutes of pictures; TraceCommandTests runs its options.",
    };

    /// <summary>Other programs, by their start, and what vouches for the line.</summary>
    private static readonly Dictionary<string, string> OtherPrograms = new(StringComparer.Ordinal)
    {
        ["dotnet new console"] = "QuickStartTests runs the quick start.",
        ["dotnet tool install ModelGuard.Tool"] = "QuickStartTests.",
        ["dotnet add package ModelGuard"] = "QuickStartTests and LibraryTests.",
        ["dotnet add package libtorch-cpu-"] = "LibraryTests.",
        ["dotnet build"] = "Its paths must exist.",
        ["dotnet restore "] = ".ci/run.",
        ["dotnet test"] = "Its paths must exist.",
        ["dotnet format "] = ".ci/run.",
        ["dotnet publish "] = "Its paths must exist.",
        ["dotnet run "] = "Its paths must exist, and verbs of benchmarks be known.",
        [".ci/run"] = "It runs this test.",
        ["artifacts/bin/ModelGuard.Benchmarks/"] = "Its verb must be known.",
        ["benchmarks/bench"] = "It must exist; BenchTests runs what it starts.",
        ["… edit-"] = "Its verb must be known.",
        ["model_signing verify "] = "The reference verifier; PublishedSignatureTests holds both against each other.",
    };

    /// <summary>
    /// How the tool is called. A first policy is written to where none is; then, as the pages ask, a reader's own concepts take the place of its
    /// examples: those of a smallest policy, below the model, output and scorer that <c>init</c> wrote.
    /// </summary>
    private static readonly string Calls = $$"""
        modelguard() {
          if [ "$1" = init ]; then rm -f modelguard.yaml; fi
          '{{Tool.Executable}}' "$@"
          if [ "$1" = init ]; then
            '{{Tool.Executable}}' check
            { sed '/^scorer:/q' modelguard.yaml; sed -n '/^edit:/,$p' policy.yaml; } > own.yaml
            mv own.yaml modelguard.yaml
          fi
        }
        dotnet() { shift; modelguard "$@"; }
        """;

    private static IEnumerable<(CodeBlock Block, string Line)> Lines => CodeBlock.All.Where(b => b.Language is "bash" or "sh" or "shell").SelectMany(b => b.Commands.Select(l => (b, l)));

    public static TheoryData<string> PagesWithCommands => [.. Lines.Where(l => CommandLines.OfTool(l.Line) is not null).Select(l => l.Block.Page).Distinct(StringComparer.Ordinal)];

    [Fact]
    public void Every_command_of_the_tool_is_one_that_it_understands() => Assert.All(Lines, l =>
    {
        if (CommandLines.OfTool(l.Line) is { } arguments) Assert.Empty(CommandLines.Errors(arguments));
    });

    [Theory]
    [MemberData(nameof(PagesWithCommands))]
    public async Task The_commands_of_a_page_run_in_their_order(string page)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The pages write for bash.");
        var commands = Lines.Where(l => l.Block.Page == page && CommandLines.OfTool(l.Line) is not null && !NotRun.Keys.Any(k => l.Line.StartsWith(k, StringComparison.Ordinal))).Select(l => l.Line).ToArray();
        if (commands.Length == 0) return;
        using var folder = await PageFolder.CreateAsync();
        var script = $"set -euo pipefail\n{Calls}\nset -x\n{string.Join('\n', commands)}\n";

        var finished = await ChildProcess.RunAsync("bash", ["-c", script], folder.Root, Tool.OneThread, ("MODELGUARD_CACHE", "off"), ("GITHUB_STEP_SUMMARY", Path.Combine(folder.Root, "summary.md")));

        Assert.True(finished.ExitCode == 0, finished.All);
    }

    [Fact]
    public void Every_other_command_names_what_is_there()
    {
        var verbs = Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "benchmarks"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText).ToArray();
        Assert.All(Lines.Where(l => CommandLines.OfTool(l.Line) is null), l =>
        {
            Assert.True(OtherPrograms.Keys.Any(k => l.Line.StartsWith(k, StringComparison.Ordinal)), $"{l.Block}: no test knows '{l.Line}'.");
            var words = l.Line.Split(' ');
            Assert.All(words.Where(w => w.StartsWith("src/", StringComparison.Ordinal) || w.StartsWith("tests/", StringComparison.Ordinal) || w.StartsWith("samples/", StringComparison.Ordinal) || w.StartsWith("benchmarks/", StringComparison.Ordinal) || w.StartsWith("eng/", StringComparison.Ordinal) || w.EndsWith(".sln", StringComparison.Ordinal)), w => Assert.True(Path.Exists(Path.Combine(RepositoryPaths.Root, w)), $"{l.Block}: there is no '{w}'."));
            if (VerbOf(words) is { } verb) Assert.Contains(verbs, source => source.Contains($"new Command(\"{verb}\"", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void No_exception_is_stale()
    {
        Assert.All(NotRun.Keys.Concat(OtherPrograms.Keys), k => Assert.Contains(Lines, l => l.Line.StartsWith(k, StringComparison.Ordinal)));
    }

    // Behind '…', behind the program, or behind '--'.
    private static string? VerbOf(string[] words)
    {
        if (words[0] == "…" || words[0].EndsWith("/ModelGuard.Benchmarks", StringComparison.Ordinal)) return words[1];
        return Array.IndexOf(words, "benchmarks/ModelGuard.Benchmarks") >= 0 && Array.IndexOf(words, "--") is var at and > 0 ? words[at + 1] : null;
    }
}
