using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>A command that writes, killed in the middle and run again.</summary>
/// <param name="root">The folder that it writes in, its own alone.</param>
/// <param name="output">What it writes there: a file or a folder.</param>
/// <param name="inputs">What it reads.</param>
/// <param name="arguments">Its command line.</param>
internal sealed partial class KilledCommand(string root, string output, string[] inputs, params string[] arguments)
{
    /// <summary>Runs it to the end; gives the output and how long that took.</summary>
    public async Task<(string Output, TimeSpan Duration)> RunAsync()
    {
        var start = Stopwatch.GetTimestamp();
        var finished = await Tool.RunAsync(arguments);
        var duration = Stopwatch.GetElapsedTime(start);
        Assert.True(finished.ExitCode == 0, finished.All);
        return (Contents(), duration);
    }

    /// <summary>Kills a run after some time, or when it has begun to write and has gone on for some turns of a loop.</summary>
    /// <param name="delay">The time; null to wait for the first sign of writing.</param>
    /// <param name="turns">The turns.</param>
    /// <param name="expected">The output of an undisturbed run.</param>
    /// <returns>Whether the kill came before the end.</returns>
    public async Task<bool> KillAsync(TimeSpan? delay, int turns, string expected)
    {
        Remove();
        var (before, entries) = (State(), Directory.GetFileSystemEntries(root).Length);
        ChildProcess.Finished end;
        using (var process = Tool.Start(arguments))
        {
            if (delay is { } time) await Task.Delay(time, TestContext.Current.CancellationToken);
            else while (!process.HasEnded && Directory.GetFileSystemEntries(root).Length == entries) Thread.Yield();
            Thread.SpinWait(turns);
            process.Kill();
            end = await process.WaitAsync();
        }

        Assert.True(!Path.Exists(output) || Contents() == expected, $"A killed '{arguments[0]}' left this half written:\n{Contents()}");
        Assert.Equal(before, State());
        var (again, _) = await RunAsync();
        Assert.Equal(expected, again);
        Assert.Equal(before, State());
        // What the killed run left beside its output is gone.
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories), e => e.Contains(".partial-", StringComparison.Ordinal) || e.Contains(".retired-", StringComparison.Ordinal));
        return end.ExitCode != 0;
    }

    private void Remove()
    {
        if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
        else File.Delete(output);
    }

    private string State() => string.Join('\n', inputs.Select(PolicyFolder.State));

    // The report of an edit tells when it ran.
    private string Contents() => string.Join('\n', Files().Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetRelativePath(root, f)} {Convert.ToHexStringLower(f.EndsWith("report.json", StringComparison.Ordinal) ? SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Run().Replace(File.ReadAllText(f), ""))) : SHA256.HashData(File.ReadAllBytes(f)))}"));

    private IEnumerable<string> Files() => Directory.Exists(output) ? Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories) : File.Exists(output) ? [output] : [];

    [GeneratedRegex(@"""run"": \{[^}]*\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Run();
}
