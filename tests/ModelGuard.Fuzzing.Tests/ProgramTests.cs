namespace ModelGuard.Fuzzing.Tests;

/// <summary>The program, by each way that starts it.</summary>
public sealed class ProgramTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ModelGuard.Fuzzing");

    public static TheoryData<string, string[]> Ways => new()
    {
        { OperatingSystem.IsWindows() ? Program + ".exe" : Program, [] },
        { Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Program + ".dll"] },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task It_counts_branches_in_a_copy_of_itself_and_takes_the_copy_away(string file, string[] before)
    {
        // No time for anything but the corpus.
        var finished = await ChildProcess.RunAsync(file, [.. before, "--target", "key", "--seconds", "0"]);

        Assert.True(finished.ExitCode == 0, finished.All);
        Assert.Matches("^key: 0 inputs, [1-9][0-9]* reach different code, ", finished.Output);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(AppContext.BaseDirectory, ".."), "*-instrumented-*"));
    }
}
