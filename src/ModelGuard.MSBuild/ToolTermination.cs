using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ModelGuard.MSBuild;

/// <summary>
/// Asks a tool to stop as Ctrl+C in a terminal would. By itself MSBuild ends the process at once, and what it had begun to write stays
/// (under a temporary name) until the next run removes it.
/// </summary>
internal sealed class ToolTermination
{
    // signal.h of Linux and macOS.
    private const int Terminate = 15;
    private readonly object gate = new();
    private Process? process;

    /// <summary>Whether the build was cancelled.</summary>
    public bool IsRequested { get; private set; }

    /// <summary>Remembers the process; a build that was cancelled before stops it here.</summary>
    public Process Started(Process started)
    {
        lock (gate)
        {
            process = started;
            if (IsRequested) Signal();
        }

        return started;
    }

    /// <summary>Asks the process to stop, if one runs and the system has a way to ask.</summary>
    public void Request()
    {
        lock (gate)
        {
            IsRequested = true;
            Signal();
        }
    }

    private void Signal()
    {
        if (process is null || Path.DirectorySeparatorChar == '\\') return;
        try
        {
            if (!process.HasExited) _ = Kill(process.Id, Terminate);
        }
        catch (InvalidOperationException)
        {
            // It has ended in this moment, and MSBuild has released it.
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
