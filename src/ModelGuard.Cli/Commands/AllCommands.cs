using System.CommandLine;
using ModelGuard.Cli.Terminal;

namespace ModelGuard.Cli.Commands;

/// <summary>The whole command line.</summary>
internal static class AllCommands
{
    /// <summary>Makes it.</summary>
    /// <param name="clock">Tells today's date.</param>
    public static RootCommand Create(TimeProvider clock)
    {
        var options = new CommonOptions();
        options.Json.Recursive = options.Verbosity.Recursive = true;
        var root = new RootCommand("Governs text-to-image checkpoints: forgets or updates concepts by policy, and proves it.")
        {
            options.Json,
            options.Verbosity,
            InitCommand.Create(options),
            CheckCommand.Create(options),
            SchemaCommand.Create(options),
            EditCommand.Create(options),
            DeltaCommands.CreateApply(options),
            DeltaCommands.CreateRevert(options),
            TraceCommand.Create(options),
            AuditCommand.Create(options),
            MergeCommand.Create(options),
            SignCommand.Create(options),
            VerifyCommand.Create(options, clock),
            ReportCommand.Create(options, clock),
            AttestCommand.Create(options),
            CommentCommand.Create(options, clock),
            CardCommand.Create(options),
            KeygenCommand.Create(options),
            GenerateCommand.Create(options),
            ConvertCommand.Create(options),
            ScoreCommand.Create(options),
            DoctorCommand.Create(options, clock),
            CompletionCommand.Create(options),
        };
        HelpWithExamples.AddTo(root);
        return root;
    }
}
