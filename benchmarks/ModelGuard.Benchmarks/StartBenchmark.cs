using System.Diagnostics;
using System.Globalization;

namespace ModelGuard.Benchmarks;

/// <summary>How long the tool takes to answer what needs no LibTorch, from start to exit.</summary>
internal static class StartBenchmark
{
    private static readonly string Policy = Path.Combine("policies", "shapes.yaml");

    // Without a command the tool says how to use it, and ends with the exit code of a wrong command line.
    private static readonly string[][] Commands = [[], ["--help"], ["check", Policy], ["doctor"]];

    public static int Run(string tool, int repeat)
    {
        Figures.Print("start", [.. Commands.Select(c => ($"modelguard {string.Join(' ', c)}".TrimEnd(), Measure(tool, c, repeat)))]);
        return 0;
    }

    private static string Measure(string tool, string[] arguments, int repeat)
    {
        // The first two fill the page cache and what doctor keeps.
        var seconds = Enumerable.Range(0, repeat + 2).Select(_ => Time(tool, arguments)).Skip(2).ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"{Figures.Median(seconds):0.000} s ({seconds.Min():0.000} to {seconds.Max():0.000})");
    }

    private static double Time(string tool, string[] arguments)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        process.WaitForExit();
        var elapsed = watch.Elapsed.TotalSeconds;
        Task.WaitAll(output, error);
        return elapsed;
    }
}
