using System.CommandLine;
using System.CommandLine.Parsing;
using ModelGuard.Cli.Commands;

namespace ModelGuard.Cli.Tests.Pages;

/// <summary>Command lines as pages write them.</summary>
internal static class CommandLines
{
    // As it is called when installed for all projects, when installed for one, and from a clone.
    private static readonly string[] Starts = ["modelguard ", "dotnet modelguard ", "dotnet run --project src/ModelGuard.Cli -- "];

    /// <summary>The arguments of the tool in a line; null where the line runs something else.</summary>
    public static string? OfTool(string line)
    {
        var start = Starts.FirstOrDefault(s => line.StartsWith(s, StringComparison.Ordinal));
        return start is null ? null : line[start.Length..].Split(" >", 2)[0];
    }

    /// <summary>What the tool's own parser says against some arguments.</summary>
    public static IReadOnlyList<string> Errors(string arguments)
    {
        RootCommand root = AllCommands.Create(TimeProvider.System);
        return [.. root.Parse([.. CommandLineParser.SplitCommandLine(arguments)]).Errors.Select(e => e.Message)];
    }
}
