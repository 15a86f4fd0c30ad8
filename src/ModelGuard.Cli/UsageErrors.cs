using System.CommandLine;
using System.CommandLine.Invocation;

namespace ModelGuard.Cli;

/// <summary>A wrong command line: what is wrong goes to standard error, and nothing to standard output, which a script may be reading.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parse)
    {
        parse.InvocationConfiguration.Output = parse.InvocationConfiguration.Error;
        // The page of options would hide the one line that says what is wrong.
        if (parse.Action is ParseErrorAction action) action.ShowHelp = false;
        parse.Invoke();
        var names = new Stack<string>();
        for (var result = parse.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult) names.Push(result.Command == parse.RootCommandResult.Command ? "modelguard" : result.Command.Name);
        parse.InvocationConfiguration.Error.WriteLine($"'{string.Join(' ', names)} --help' shows what is possible.");
        return ExitCodes.Usage;
    }
}
