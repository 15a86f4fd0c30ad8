using System.CommandLine;

namespace ModelGuard.Cli.Commands;

/// <summary><c>completion</c>: a script by which a shell asks the tool itself what may stand next (System.CommandLine's <c>[suggest]</c> directive).</summary>
internal static class CompletionCommand
{
    /// <summary>The shells.</summary>
    public static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create(CommonOptions options)
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell: bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong(Shells);
        var command = new ToolCommand("completion", "Prints a script that has a shell complete commands and options.", [.. Shells.Select(s => $"modelguard completion {s}")]) { shell };
        command.Runs(options, (parse, output, _) =>
        {
            using var script = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion.{parse.GetRequiredValue(shell)}")!);
            output.Standard.Write(script.ReadToEnd().ReplaceLineEndings("\n"));
            return ExitCodes.Success;
        });
        return command;
    }
}
