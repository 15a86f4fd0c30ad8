using System.CommandLine;
using ModelGuard.Checkpoints;
using ModelGuard.Policies;

namespace ModelGuard.Cli.Commands;

/// <summary><c>schema</c>: the JSON Schema of policies, for editors; without LibTorch.</summary>
internal static class SchemaCommand
{
    public static Command Create(CommonOptions options)
    {
        var target = new Option<string?>("--output", "-o") { Description = "Where it goes; standard output when left out." };
        var command = new ToolCommand("schema", "Prints the JSON Schema of policies, by which editors complete and check them.", $"modelguard schema --output {PolicySchema.FileName}", $"modelguard schema > {PolicySchema.FileName}") { target };
        command.Runs(options, (parse, output, _) =>
        {
            if (parse.GetValue(target) is { } file) AtomicFile.Write(file, PolicySchema.Utf8.Span);
            else output.Standard.Write(PolicySchema.Text);
            return ExitCodes.Success;
        });
        return command;
    }
}
