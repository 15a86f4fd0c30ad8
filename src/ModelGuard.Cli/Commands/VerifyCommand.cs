using System.CommandLine;
using ModelGuard.Cli.Workflows;

namespace ModelGuard.Cli.Commands;

/// <summary><c>verify</c>: the whole check, locally: edits if needed, then runs the gates.</summary>
internal static class VerifyCommand
{
    public static Command Create(CommonOptions options)
    {
        var report = new Option<string?>("--report") { Description = "Where the audit's report goes; nowhere when left out." };
        var command = new Command("verify", "Edits the checkpoint if that is needed, then runs the gates on it. Example: modelguard verify policies/shapes.yaml") { options.Policy, options.Model, options.Output, report, options.Device, options.Dtype, options.AllowOutside, options.Threads };
        command.Runs(options, (parse, output, cancellation) =>
        {
            Backend.Prepare(parse, options);
            var policy = PolicyLoading.Load(parse.GetRequiredValue(options.Policy), output);
            EditCommand.Create(parse, options, policy, output).Run(force: false, cancellation);
            return new AuditWorkflow(policy, EditCommand.OutputPath(parse, options, policy), parse.GetRequiredValue(options.Device), parse.GetRequiredValue(options.Dtype), options.Links(parse), output, TimeProvider.System).Run(parse.GetValue(report), cancellation);
        });
        return command;
    }
}
