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
    /// <summary>Sets a command's action: work off the terminal's thread, so that Ctrl+C is heard.</summary>
    public static void Runs(this Command command, CommonOptions options, Func<ParseResult, Output, CancellationToken, int> action) =>
        command.SetAction((parse, cancellation) => Task.Run(() => Run(options.CreateOutput(parse), output => action(parse, output, cancellation)), CancellationToken.None));

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
