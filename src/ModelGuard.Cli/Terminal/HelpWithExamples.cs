using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using ModelGuard.Cli.Commands;

namespace ModelGuard.Cli.Terminal;

/// <summary>The help of System.CommandLine, and below it the command's examples.</summary>
/// <param name="help">The help that is given without them.</param>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <summary>Puts the examples into the help of a command line.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>()) option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        parseResult.InvocationConfiguration.Output = text;
        var code = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        // The name of the file that runs, which is not what people type.
        output.Write(text.ToString().Replace($"  {parseResult.RootCommandResult.Command.Name} ", "  modelguard ", StringComparison.Ordinal));
        if (parseResult.CommandResult.Command is not ToolCommand { Examples.IsEmpty: false } command) return code;
        output.WriteLine("Examples:");
        foreach (var example in command.Examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return code;
    }
}
