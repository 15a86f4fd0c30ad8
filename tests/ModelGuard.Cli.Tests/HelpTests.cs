using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Tests.Pages;

namespace ModelGuard.Cli.Tests;

/// <summary>The help of each command as people read it.</summary>
public sealed class HelpTests
{
    private static IEnumerable<ToolCommand> Commands => AllCommands.Create(TimeProvider.System).Subcommands.OfType<ToolCommand>();

    public static TheoryData<string> Names => [.. AllCommands.Create(TimeProvider.System).Subcommands.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_help_of_a_command_says_what_it_takes_and_ends_with_examples(string name)
    {
        var parse = AllCommands.Create(TimeProvider.System).Parse([name, "--help"]);
        using var output = new StringWriter();
        parse.InvocationConfiguration.Output = output;

        Assert.Equal(0, parse.Invoke());

        Snapshot.Verify(output.ToString().ReplaceLineEndings("\n"), test: name);
    }

    [Fact]
    public void Every_command_has_examples_that_the_tool_understands()
    {
        Assert.Equal(Names.Select(n => n.Data), Commands.Select(c => c.Name), StringComparer.Ordinal);
        Assert.All(Commands.SelectMany(c => c.Examples.Select(e => (c.Name, Example: e))), e =>
        {
            Assert.StartsWith($"modelguard {e.Name}", e.Example, StringComparison.Ordinal);
            Assert.Empty(CommandLines.Errors(CommandLines.OfTool(e.Example)!));
        });
    }
}
