namespace ModelGuard.Cli.Tests.Build;

/// <summary>The task with a script in the tool's place, which says and does what the tool should not.</summary>
public sealed class ToolTaskTests : IDisposable
{
    private const string Project = "<PropertyGroup><IntermediateOutputPath>obj/</IntermediateOutputPath></PropertyGroup><ItemGroup><ModelGuardPolicy Include=\"a/policy.yaml;b/policy.yaml\" /></ItemGroup>";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_innocent_line_about_an_error_is_none()
    {
        using var project = new BuiltProject(Project, Script("echo 'reconstruction error: 0.012'", "echo 'mean squared error : 0.5' >&2"), isSdk: false);
        Write(project);

        var result = await project.TargetAsync("ModelGuardEdit");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("reconstruction error: 0.012", result.Output, StringComparison.Ordinal);
        Assert.Contains("mean squared error : 0.5", result.Output, StringComparison.Ordinal);
        Assert.Contains("0 Warning(s)", result.Output, StringComparison.Ordinal);
        Assert.Contains("0 Error(s)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Policies_of_one_name_in_two_folders_have_stamps_of_their_own()
    {
        using var project = new BuiltProject(Project, Script($"echo \"$4\" >> '{folder["calls"]}'"), isSdk: false);
        Write(project);

        var result = await project.TargetAsync("ModelGuardEdit");

        Assert.True(result.ExitCode == 0, result.All);
        var stamps = await File.ReadAllLinesAsync(folder["calls"]);
        Assert.Equal(2, stamps.Distinct(StringComparer.Ordinal).Count());
        Assert.All(stamps, s => Assert.StartsWith(project["obj/modelguard/policy-"], s, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_warning_is_a_warning_of_the_build()
    {
        using var project = new BuiltProject(Project, Script("echo \"$2(7,3): warning MG1301: Expired.\" >&2"), isSdk: false);
        Write(project);

        var result = await project.TargetAsync("ModelGuardEdit");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains($"{project["b/policy.yaml"]}(7,3): warning MG1301: Expired.", result.Output, StringComparison.Ordinal);
        Assert.Contains("2 Warning(s)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_crashes_without_a_word_is_reported_with_the_command_to_try()
    {
        var script = Script("echo 'Unhandled exception. System.DivideByZeroException' >&2", "exit 134");
        using var project = new BuiltProject(Project, script, isSdk: false);
        Write(project);

        var result = await project.TargetAsync("ModelGuardEdit");

        Assert.True(result.ExitCode == 1, result.All);
        Assert.Contains($"error MG0021: modelguard edit ended with exit code 134 and no diagnostic. Run it in a terminal to see more: {script} edit ", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSB6006", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "There is no modelguard tool: the property ModelGuardToolPath is empty, no manifest of local tools lists it, and it is not on the PATH.")]
    [InlineData("not-there.dll", "not-there.dll' does not exist.")]
    public async Task A_tool_that_is_not_there_is_an_error_that_says_how_to_install_it(string tool, string found)
    {
        using var project = new BuiltProject(Project, tool.Length > 0 ? folder[tool] : tool, isSdk: false);
        Write(project);

        var result = await project.TargetWithAsync([("HOME", folder.Path)], "ModelGuardEdit");

        Assert.True(result.ExitCode == 1, result.All);
        Assert.Contains("error MG0020: ", result.Output, StringComparison.Ordinal);
        Assert.Contains(found, result.Output, StringComparison.Ordinal);
        Assert.Contains("'dotnet tool install ModelGuard.Tool'", result.Output, StringComparison.Ordinal);
    }

    private static void Write(BuiltProject project)
    {
        project.Write("a/policy.yaml", "version: 1");
        project.Write("b/policy.yaml", "version: 1");
    }

    private string Script(params string[] lines)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is one for a Unix shell.");
        File.WriteAllText(folder["tool.sh"], $"#!/bin/sh\n{string.Join('\n', lines)}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder["tool.sh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder["tool.sh"];
    }
}
