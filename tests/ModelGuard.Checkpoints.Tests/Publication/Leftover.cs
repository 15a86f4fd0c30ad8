using System.Diagnostics;
using System.Globalization;

namespace ModelGuard.Checkpoints.Tests.Publication;

/// <summary>Names as killed and live runs leave them.</summary>
internal static class Leftover
{
    public const string Partial = ".partial-";
    public const string Retired = ".retired-";

    private static readonly int Dead = EndedProcess();

    // The first process of a system lives as long as the system.
    public static string OfLiveProcess(string stem, string mark) => Name(stem, mark, OperatingSystem.IsWindows() ? 4 : 1);

    public static string OfDeadProcess(string stem, string mark) => Name(stem, mark, Dead);

    /// <summary>As in a container, where every run has the same process id.</summary>
    public static string OfThisProcessBefore(string stem, string mark) => Name(stem, mark, Environment.ProcessId);

    private static string Name(string stem, string mark, int id) => string.Create(CultureInfo.InvariantCulture, $"{stem}{mark}{id}-{Guid.NewGuid():N}");

    private static int EndedProcess()
    {
        using var process = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "where" : "true") { UseShellExecute = false, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.Id;
    }
}
