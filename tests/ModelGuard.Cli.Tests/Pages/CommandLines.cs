using System.CommandLine;
using System.CommandLine.Parsing;
using ModelGuard.Cli.Commands;

namespace ModelGuard.Cli.Tests.Pages;

/// <summary>Command lines as pages write them.</summary>
internal static class CommandLines
{
    private const string FromSource = "dotnet run --project src/ModelGuard.Cli -- ";

    /// <summary>The arguments of the tool in a line; null where the line runs something else.</summary>
    public static string? OfTool(string line)
    {
        var rest = line.StartsWith("modelguard ", StringComparison.Ordinal) ? line["modelguard ".Length..]
            : line.StartsWith(FromSource, StringComparison.Ordinal) ? line[FromSource.Length..]
            : null;
        return rest?.Split(" >", 2)[0];
    }

    /// <summary>What the tool's own parser says against some arguments.</summary>
    public static IReadOnlyList<string> Errors(string arguments)
    {
        RootCommand root = AllCommands.Create(TimeProvider.System);
        return [.. root.Parse([.. CommandLineParser.SplitCommandLine(arguments)]).Errors.Select(e => e.Message)];
    }
}
