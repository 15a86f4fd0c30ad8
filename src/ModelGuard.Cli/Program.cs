using System.CommandLine;
using System.Globalization;
using System.Text;
using ModelGuard.Cli;
using ModelGuard.Cli.Commands;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
// A constant of that assembly, not its field: touching the assembly would be too late.
AppContext.SetSwitch(ModelGuard.Diffusion.Backend.NativeBackend.LoadOnDemandSwitch, isEnabled: true);
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

// Before anything that takes time: from here on a signal ends the run in order.
using var termination = new Termination();
Backend.BeginLoading(args);
var options = new CommonOptions();
options.Json.Recursive = options.Verbosity.Recursive = true;
var root = new RootCommand("Governs text-to-image checkpoints: forgets or updates concepts by policy, and proves it.")
{
    options.Json,
    options.Verbosity,
    CheckCommand.Create(options),
    EditCommand.Create(options),
    DeltaCommands.CreateApply(options),
    DeltaCommands.CreateRevert(options),
    TraceCommand.Create(options),
    AuditCommand.Create(options),
    MergeCommand.Create(options),
    SignCommand.Create(options),
    VerifyCommand.Create(options, TimeProvider.System),
    ReportCommand.Create(options, TimeProvider.System),
    AttestCommand.Create(options),
    CommentCommand.Create(options, TimeProvider.System),
    CardCommand.Create(options),
    KeygenCommand.Create(options),
    GenerateCommand.Create(options),
    ConvertCommand.Create(options),
    ScoreCommand.Create(options),
    DoctorCommand.Create(options, TimeProvider.System),
};

var parse = root.Parse(args);
if (parse.Errors.Count > 0) return UsageErrors.Report(parse);

parse.InvocationConfiguration.EnableDefaultExceptionHandler = false;
// Ours tells SIGTERM from Ctrl+C.
parse.InvocationConfiguration.ProcessTerminationTimeout = null;
var code = await parse.InvokeAsync(cancellationToken: termination.Token);
return code == ExitCodes.Cancelled ? termination.ExitCode : code;
