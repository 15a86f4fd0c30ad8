using System.Diagnostics;
using Spectre.Console;

namespace ModelGuard.Cli.Terminal;

/// <summary>One line that redraws itself, with the time that is left.</summary>
internal sealed class ProgressLine(IAnsiConsole console, string what, bool isShown) : IDisposable
{
    private const int Width = 24;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private TimeSpan drawn;
    private bool isDirty;

    public void Report(int done, int total, string detail = "")
    {
        // What is over at once needs no line, and no one reads more than ten a second.
        if (!isShown || total == 0 || (done < total && watch.Elapsed - drawn < Interval) || (done == total && !isDirty)) return;
        drawn = watch.Elapsed;
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
