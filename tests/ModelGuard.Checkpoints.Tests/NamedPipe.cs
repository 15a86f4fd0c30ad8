using System.Diagnostics;

namespace ModelGuard.Checkpoints.Tests;

internal static class NamedPipe
{
    public static void Make(string path)
    {
        using var process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
