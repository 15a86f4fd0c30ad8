using System.Runtime.InteropServices;

namespace ModelGuard.Cli;

/// <summary>Ctrl+C and SIGTERM: the first asks the command to stop, a second one of the same kind ends the process as the system does.</summary>
internal sealed class Termination : IDisposable
{
    // Time to remove unfinished folders.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;
    private int exitCode;

    public Termination() => registrations = [Listen(PosixSignal.SIGINT, ExitCodes.Cancelled), Listen(PosixSignal.SIGTERM, ExitCodes.Terminated)];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>The exit code that tells which signal came; <see cref="ExitCodes.Cancelled"/> when none did.</summary>
    public int ExitCode => exitCode == 0 ? ExitCodes.Cancelled : exitCode;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int code) => PosixSignalRegistration.Create(signal, context =>
    {
        if (Interlocked.CompareExchange(ref exitCode, code, 0) != 0) return;
        context.Cancel = true;
        source.Cancel();
        // A background task: it does not keep a process alive that has stopped in time.
        _ = Task.Delay(Patience, CancellationToken.None).ContinueWith(_ => Environment.Exit(code), TaskScheduler.Default);
    });
}
