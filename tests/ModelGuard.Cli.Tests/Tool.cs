namespace ModelGuard.Cli.Tests;

/// <summary>The built tool, as a process of its own.</summary>
internal static class Tool
{
    private static readonly string Folder = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "ModelGuard.Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))));

    /// <summary>The assembly, as a build runs it.</summary>
    public static string Assembly { get; } = Path.Combine(Folder, "ModelGuard.Cli.dll");

    public static string Executable { get; } = Path.Combine(Folder, OperatingSystem.IsWindows() ? "ModelGuard.Cli.exe" : "ModelGuard.Cli");

    /// <summary>Threads of several LibTorch processes on the same cores wait for each other in busy loops.</summary>
    public static (string Name, string? Value) OneThread { get; } = ("OMP_NUM_THREADS", "1");

    public static ChildProcess Start(params string[] arguments) => StartWith([("MODELGUARD_CACHE", "off")], arguments);

    public static ChildProcess StartWith((string Name, string? Value)[] environment, params string[] arguments) => ChildProcess.Start(Executable, arguments, null, [OneThread, .. environment]);

    public static Task<ChildProcess.Finished> RunAsync(params string[] arguments) => RunInAsync(null, [], arguments);

    /// <summary>Runs it. Redirected output never has an escape sequence or a line that is drawn over.</summary>
    public static async Task<ChildProcess.Finished> RunInAsync(string? folder, (string Name, string? Value)[] environment, params string[] arguments)
    {
        var finished = await ChildProcess.RunAsync(Executable, arguments, folder, [OneThread, ("TERM", "xterm-256color"), ("MODELGUARD_CACHE", "off"), .. environment]);
        Assert.DoesNotContain('\e', finished.Output + finished.Error);
        Assert.DoesNotContain('\r', (finished.Output + finished.Error).ReplaceLineEndings("\n"));
        return finished;
    }
}
