namespace ModelGuard.Cli.Tests;

public sealed class TerminationTests
{
    // Days of work: whatever the machine, the signal comes first.
    private static readonly string EndlessText = PolicyFolder.Text(seeds: 1000, steps: 1000);

    public static TheoryData<string, int> Signals { get; } = new() { { "INT", 130 }, { "TERM", 143 } };

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task An_edit_that_is_stopped_leaves_nothing_behind(string signal, int code)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "How far the tool is can only be seen on Linux.");
        // Many names: the edit takes long enough for a signal that is sent before it begins.
        using var folder = new PolicyFolder(PolicyFolder.Text(rest: $"preserve: [{string.Join(", ", Enumerable.Range(0, 200).Select(i => $"'name {i}'"))}]"));
        using var process = Tool.Start("edit", folder.Policy);
        await process.UntilAsync(p => p.HasLoaded("libtorch_cpu"));

        await process.SignalAsync(signal);
        var result = await process.WaitAsync();

        Assert.True(result.ExitCode == code, result.All);
        Assert.Equal("Cancelled; nothing was half written.", Assert.Single(result.ErrorLines));
        Assert.Equal(folder.Policy, Assert.Single(Directory.GetFileSystemEntries(folder.Root)));
    }

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task An_audit_that_is_stopped_writes_no_report(string signal, int code)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no such signals.");
        using var folder = new PolicyFolder(EndlessText);
        using var process = Tool.Start("verify", folder.Policy, "--report", folder["audit.json"]);
        await process.UntilAsync(p => p.Error.Contains("Edited", StringComparison.Ordinal));

        await process.SignalAsync(signal);
        var result = await process.WaitAsync();

        Assert.True(result.ExitCode == code, result.All);
        Assert.Equal("Cancelled; nothing was half written.", result.ErrorLines[^1]);
        Assert.Equal([folder.Output, folder.Policy], Directory.GetFileSystemEntries(folder.Root).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }
}
