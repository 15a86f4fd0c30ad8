using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ModelGuard.Testing;

/// <summary>A real process: its output is collected while it runs, and its whole tree ends with the test.</summary>
public sealed class ChildProcess : IDisposable
{
    // Only a process that hangs is that slow, however busy the machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private readonly Process process;
    private readonly StringBuilder error = new();
    private readonly Task<string> output;
    private readonly Task errorRead;

    private ChildProcess(Process process)
    {
        this.process = process;
        output = process.StandardOutput.ReadToEndAsync();
        errorRead = CollectErrorAsync();
    }

    /// <summary>What it wrote to standard error until now.</summary>
    public string Error
    {
        get
        {
            lock (error) return error.ToString();
        }
    }

    /// <summary>Whether it has ended by itself or been killed.</summary>
    public bool HasEnded => process.HasExited;

    /// <summary>Starts a program; a variable with the value null is removed.</summary>
    public static ChildProcess Start(string file, IEnumerable<string> arguments, string? folder = null, params IEnumerable<(string Name, string? Value)> environment)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var child = new ChildProcess(Process.Start(start)!);
        child.process.StandardInput.Close();
        return child;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<Finished> RunAsync(string file, IEnumerable<string> arguments, string? folder = null, params IEnumerable<(string Name, string? Value)> environment)
    {
        using var child = Start(file, arguments, folder, environment);
        return await child.WaitAsync();
    }

    /// <summary>Waits for the end.</summary>
    public async Task<Finished> WaitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await process.WaitForExitAsync(limit.Token);
        await errorRead;
        return new Finished(process.ExitCode, await output, Error);
    }

    /// <summary>Waits until something holds, or the process has ended.</summary>
    public async Task UntilAsync(Func<ChildProcess, bool> holds)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!process.HasExited && !holds(this)) await Task.Delay(5, limit.Token);
    }

    /// <summary>Whether a library of that name is loaded (Linux).</summary>
    public bool HasLoaded(string library)
    {
        try
        {
            return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/maps")).Any(l => l.Contains(library, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Sends a signal by its name, for example <c>INT</c> (Unix).</summary>
    public async Task SignalAsync(string signal) =>
        _ = await RunAsync("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public void Kill() => process.Kill();

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private async Task CollectErrorAsync()
    {
        var buffer = new char[4096];
        while (await process.StandardError.ReadAsync(buffer) is var count and > 0)
        {
            lock (error) error.Append(buffer, 0, count);
        }
    }

    /// <summary>How a process ended.</summary>
    public sealed record Finished(int ExitCode, string Output, string Error)
    {
        /// <summary>Everything, for the message of an assertion.</summary>
        public string All => string.Create(CultureInfo.InvariantCulture, $"exit code {ExitCode}\n--- standard output\n{Output}\n--- standard error\n{Error}");

        public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
