using System.CommandLine;
using ModelGuard.Cli.Workflows;

namespace ModelGuard.Cli.Commands;

/// <summary><c>audit</c>: generates, scores, judges.</summary>
internal static class AuditCommand
{
    public static Command Create(CommonOptions options)
    {
        var report = new Option<string?>("--report") { Description = "Where the report goes; nowhere when left out." };
        var pictures = new Option<string?>("--pictures") { Description = "A folder for the pictures, which 'modelguard report --format html' shows; nowhere when left out." };
        var command = new Command("audit", "Generates pictures with a checkpoint, scores them with CLIP and judges them by the policy's gates. Example: modelguard audit policies/shapes.yaml") { options.Policy, options.Model, report, pictures, options.Device, options.Dtype, options.AllowOutside, options.Threads };
        command.Runs(options, (parse, output, cancellation) =>
        {
            Backend.Prepare(parse, options);
            var policy = PolicyLoading.Load(parse.GetRequiredValue(options.Policy), output);
            var model = Path.GetFullPath(parse.GetValue(options.Model) ?? policy.Resolve(policy.Model.Output));
            return new AuditWorkflow(policy, model, parse.GetRequiredValue(options.Device), parse.GetRequiredValue(options.Dtype), options.Links(parse), output, TimeProvider.System) { PicturesPath = parse.GetValue(pictures) is { } folder ? Path.GetFullPath(folder) : null }.Run(parse.GetValue(report), cancellation);
        });
        return command;
    }
}
