using System.Diagnostics;
using System.Globalization;

namespace ModelGuard.Benchmarks;

/// <summary>How a process ran.</summary>
/// <param name="Seconds">From start to exit.</param>
/// <param name="PeakBytes">Peak resident memory; 0 where the system does not tell.</param>
/// <param name="Output">What it said.</param>
internal sealed record MeasuredProcess(double Seconds, long PeakBytes, string Output)
{
    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<MeasuredProcess> RunAsync(string file, IEnumerable<string> arguments, CancellationToken cancellation, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        long peak = 0;
        var ended = process.WaitForExitAsync(cancellation);
        while (await Task.WhenAny(ended, Task.Delay(10, cancellation)) != ended) peak = Math.Max(peak, PeakOf(process.Id));
        await ended;
        watch.Stop();
        var said = await output + await error;
        return process.ExitCode == 0 ? new MeasuredProcess(watch.Elapsed.TotalSeconds, peak, said.Trim()) : throw new InvalidOperationException($"'{file} {string.Join(' ', arguments)}' failed: {said}");
    }

    // The system keeps the high-water mark, so that polling loses no peak but one in the last milliseconds.
    private static long PeakOf(int id)
    {
        try
        {
            var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/status")).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
