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
var parse = AllCommands.Create(TimeProvider.System).Parse(args);
if (parse.Errors.Count > 0) return UsageErrors.Report(parse);

parse.InvocationConfiguration.EnableDefaultExceptionHandler = false;
// Ours tells SIGTERM from Ctrl+C.
parse.InvocationConfiguration.ProcessTerminationTimeout = null;
var code = await parse.InvokeAsync(cancellationToken: termination.Token);
return code == ExitCodes.Cancelled ? termination.ExitCode : code;
