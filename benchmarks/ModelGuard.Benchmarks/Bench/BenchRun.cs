using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ModelGuard.Checkpoints;

namespace ModelGuard.Benchmarks.Bench;

/// <summary>Runs the commands of a plan, each in a process of its own: what one leaves behind in memory must not be measured in the next.</summary>
internal static class BenchRun
{
    /// <summary>Runs them and writes the file anew after each, so that a run that is stopped leaves what it has measured.</summary>
    /// <returns>0; 1 where one of them failed, and the others have run all the same.</returns>
    public static async Task<int> RunAsync(BenchChoices choices, string output, TimeProvider clock, CancellationToken cancellation)
    {
        var plan = BenchPlan.Of(choices);
        var machine = Machine.Describe(clock);
        var results = ImmutableArray<BenchResult>.Empty;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        foreach (var arguments in plan)
        {
            Console.WriteLine($"── {string.Join(' ', arguments)}");
            results = results.Add(await RunAsync(arguments, cancellation));
            AtomicFile.Write(output, Encoding.UTF8.GetBytes(BenchReport.Write(machine, choices.IsQuick, results, plan.Length - results.Length)));
        }

        var failed = results.Count(r => r.Failure is not null);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{results.Length} benchmark(s) run, {failed} failed → '{output}'"));
        return failed == 0 ? 0 : 1;
    }

    private static async Task<BenchResult> RunAsync(ImmutableArray<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, Own(arguments)) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = new Process { StartInfo = start };
        var (lines, errors) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        process.OutputDataReceived += (_, e) => Keep(e.Data, lines, Console.Out);
        process.ErrorDataReceived += (_, e) => Keep(e.Data, errors, Console.Error);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        var tables = BenchResult.TablesOf(lines);
        var failure = process.ExitCode != 0 ? string.Create(CultureInfo.InvariantCulture, $"it ended with exit code {process.ExitCode}. {errors.FirstOrDefault(l => l.Length > 0)}").TrimEnd() : tables.Length == 0 ? "it printed no table." : null;
        return new BenchResult(arguments, tables, failure);
    }

    // Started by the host ('dotnet run'), the program is the host's first argument.
    private static ImmutableArray<string> Own(ImmutableArray<string> arguments) =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? arguments.Insert(0, typeof(BenchRun).Assembly.Location) : arguments;

    private static void Keep(string? line, ConcurrentQueue<string> lines, TextWriter echo)
    {
        if (line is null) return;
        lines.Enqueue(line);
        echo.WriteLine(line);
    }
}
