using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>This test executable, started again: what a process does once (loading, choosing a way) can only be tested in a new one.</summary>
internal static partial class TestProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs test classes in a process with these environment variables; null removes one.</summary>
    public static async Task<Outcome> RunAsync(IEnumerable<Type> classes, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, typeof(TestProcess).Assembly.GetName().Name! + (OperatingSystem.IsWindows() ? ".exe" : "")))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-noColor");
        foreach (var type in classes)
        {
            start.ArgumentList.Add("-class");
            start.ArgumentList.Add(type.FullName!);
        }

        // Its threads would wait in busy loops for ours, and ours for its.
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return new Outcome(process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>How such a process ended.</summary>
    internal sealed record Outcome(int ExitCode, string Output)
    {
        public int Total => int.Parse(Summary().Match(Output).Groups["total"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

        /// <summary>Asserts that at least so many tests ran and that none failed.</summary>
        public void AssertPassed(int atLeast)
        {
            Assert.True(ExitCode == 0, Output);
            Assert.Matches(Summary(), Output);
            Assert.True(Total >= atLeast, Output);
        }
    }

    [GeneratedRegex(@"Total: (?<total>\d+), Errors: 0, Failed: 0", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Summary();
}
