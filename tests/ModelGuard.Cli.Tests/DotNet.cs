namespace ModelGuard.Cli.Tests;

/// <summary>The .NET command line, as a process of its own.</summary>
internal static class DotNet
{
    // No server of a test may live longer than the test, and no variable of the build that runs the tests may reach this one.
    private static readonly (string, string?)[] Variables =
    [
        Tool.OneThread,
        ("MSBUILDDISABLENODEREUSE", "1"),
        ("DOTNET_CLI_USE_MSBUILD_SERVER", "0"),
        ("DOTNET_CLI_UI_LANGUAGE", "en"),
        ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
        ("DOTNET_NOLOGO", "1"),
        ("UseSharedCompilation", "false"),
        ("MSBuildSDKsPath", null),
        ("MSBuildExtensionsPath", null),
        ("MSBUILD_EXE_PATH", null),
    ];

    public static Task<ChildProcess.Finished> RunAsync(string folder, params string[] arguments) => RunWithAsync([], folder, arguments);

    public static Task<ChildProcess.Finished> RunWithAsync((string Name, string? Value)[] environment, string folder, params string[] arguments) =>
        ChildProcess.RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments, folder, [.. Variables, .. environment]);
}
