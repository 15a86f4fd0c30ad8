using Microsoft.Build.Logging.StructuredLogger;

namespace ModelGuard.Packages.Tests;

/// <summary>How a build ended, and what its binary log says.</summary>
internal sealed record BuildResult(ChildProcess.Finished Process, Build Build, string LogPath)
{
    /// <summary>The commands of the tool that ran, in order: <c>edit</c>, <c>verify</c>.</summary>
    public string[] ToolRuns { get; } = [.. Build.FindChildrenRecursive<Microsoft.Build.Logging.StructuredLogger.Task>(t => t.Name == "ModelGuardTool").Select(t => t.FindChild<Property>(p => p.Name == "Command")?.Value ?? t.FindChildrenRecursive<Property>(p => p.Name == "Command").Single().Value)];

    /// <summary>Errors of the build.</summary>
    public Error[] Errors { get; } = [.. Build.FindChildrenRecursive<Error>()];

    /// <summary>Warnings of the build.</summary>
    public Warning[] Warnings { get; } = [.. Build.FindChildrenRecursive<Warning>()];

    /// <summary>Names of the files that the log carries.</summary>
    public string[] Embedded { get; } = [.. Build.SourceFiles.Select(f => f.FullPath)];

    /// <summary>Everything, for the message of an assertion.</summary>
    public string All => Process.All;

    /// <summary>Asserts that it succeeded without a warning, and that the tool ran these commands and no others.</summary>
    public BuildResult AssertBuilt(params string[] toolRuns)
    {
        Assert.True(Process.ExitCode == 0, All);
        Assert.Empty(Warnings.Select(w => w.ToString()));
        Assert.Equal(toolRuns, ToolRuns);
        return this;
    }

    /// <summary>Asserts that the tool said something.</summary>
    public BuildResult AssertSaid(string text)
    {
        Assert.Contains(text, Process.Output, StringComparison.Ordinal);
        return this;
    }
}
