using System.CommandLine;
using ModelGuard.Attestations;
using ModelGuard.Cards;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diagnostics;
using ModelGuard.Rendering;

namespace ModelGuard.Cli;

/// <summary>Turns exceptions of the lower floors into one diagnostic each and an exit code.</summary>
internal static class CommandRunner
{
    /// <summary>
    /// Sets a command's action. It runs on the thread that the process began with: signals are heard on others (<see cref="Termination"/>), and
    /// there alone glibc takes back large blocks without giving them to the system, which saves networks up to a tenth of their time.
    /// </summary>
    public static void Runs(this Command command, CommonOptions options, Func<ParseResult, Output, CancellationToken, int> action) =>
        command.SetAction((parse, cancellation) => Task.FromResult(Run(options.CreateOutput(parse), output => action(parse, output, cancellation))));

    private static int Run(Output output, Func<Output, int> action)
    {
        try
        {
            return action(output);
        }
        catch (PolicyInvalidException e)
        {
            foreach (var diagnostic in e.Diagnostics) output.Report(diagnostic);
            return e.IsMissing ? ExitCodes.CouldNotRun : ExitCodes.PolicyInvalid;
        }
        catch (OperationCanceledException)
        {
            output.Say("Cancelled; nothing was half written.");
            return ExitCodes.Cancelled;
        }
        catch (CheckpointException e)
        {
            return Fail(e.Code, e.Message);
        }
        catch (CardException e)
        {
            return Fail(e.Code, e.Message);
        }
        catch (ReportException e)
        {
            return Fail(e.Code, e.Message);
        }
        catch (AttestationException e)
        {
            return Fail(e.Code, e.Message, e.DoesNotHold ? ExitCodes.EvidenceDoesNotHold : ExitCodes.CouldNotRun);
        }
        catch (ProvenanceException e)
        {
            return Fail(e.Code, e.Message, ExitCodes.EvidenceDoesNotHold);
        }
        catch (Exception e) when (KnownFailures.Describe(e) is { } known)
        {
            return Fail(known.Code, known.Message, location: known.Location);
        }

        int Fail(string code, string message, int exitCode = ExitCodes.CouldNotRun, SourceLocation? location = null)
        {
            output.Report(new Diagnostic(code, DiagnosticSeverity.Error, location, message));
            return exitCode;
        }
    }
}
