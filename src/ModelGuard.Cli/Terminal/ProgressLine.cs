using System.Diagnostics;
using Spectre.Console;

namespace ModelGuard.Cli.Terminal;

/// <summary>One line that redraws itself, with the time that is left.</summary>
internal sealed class ProgressLine(IAnsiConsole console, string what, bool isShown) : IDisposable
{
    private const int Width = 24;
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private bool isDirty;

    public void Report(int done, int total, string detail = "")
    {
        if (!isShown || total == 0) return;
        var filled = (int)((long)done * Width / total);
        var left = done == 0 ? "" : FormattableString.Invariant($", {TimeSpan.FromSeconds(watch.Elapsed.TotalSeconds / done * (total - done)):m\\:ss} left");
        console.Write(new Text(FormattableString.Invariant($"\r{what} {new string('━', filled)}{new string('─', Width - filled)} {done}/{total}{left}  {detail}    ")));
        isDirty = true;
    }

    public void Dispose()
    {
        if (isDirty) console.WriteLine();
    }
}
