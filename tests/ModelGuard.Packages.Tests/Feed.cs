using System.Reflection;
using ModelGuard.Packages.Tests;

[assembly: AssemblyFixture(typeof(Feed))]

namespace ModelGuard.Packages.Tests;

/// <summary>
/// The packages of this repository, packed once for all tests into a folder of their own, and a cache of packages that begins empty. Packages of
/// others come from the machine's own cache; nothing is downloaded.
/// </summary>
public sealed class Feed : IAsyncLifetime
{
    /// <summary>The package of the tool that is packed besides the portable one: that of this machine.</summary>
    public const string Runtime = "linux-x64";

    private static readonly string NoTargets = Metadata("NoTargetsVersion");
    private readonly TemporaryFolder folder = new();

    /// <summary>The version of all packages.</summary>
    public static string Version { get; } = Metadata("PackageVersion");

    /// <summary>The file that a project of <c>Microsoft.Build.NoTargets</c> begins with.</summary>
    public static string NoTargetsSdk { get; } = $"Microsoft.Build.NoTargets/{NoTargets}";

    /// <summary>The cache of packages of this machine, which holds LibTorch's.</summary>
    public static string MachineCache { get; } = Metadata("NuGetPackageRoot");

    /// <summary>The folder with the packages.</summary>
    public string Packages => folder["feed"];

    /// <summary>The folder that restores put packages into.</summary>
    public string Cache => folder["cache"];

    /// <summary>The folder of the tool's command, as <c>dotnet tool install --global</c> would put it on the PATH.</summary>
    public string Bin => folder["bin"];

    /// <summary>The folder in which the tool was installed for this machine, with LibTorch.</summary>
    public string InstalledTool => Path.Combine(Cache, $"modelguard.tool.{Runtime}", Version, "tools", "net10.0", Runtime);

    /// <summary>What every process of a test gets: no cache, home or server that it shares with others.</summary>
    public (string Name, string? Value)[] Environment =>
    [
        ("NUGET_PACKAGES", Cache),
        ("DOTNET_CLI_HOME", folder["home"]),
        ("HOME", folder["home"]),
        ("PATH", Bin + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PATH")),
        ("MODELGUARD_CACHE", "off"),
        ("OMP_NUM_THREADS", "1"),
        ("MSBUILDDISABLENODEREUSE", "1"),
        ("DOTNET_CLI_USE_MSBUILD_SERVER", "0"),
        ("UseSharedCompilation", "false"),
        ("DOTNET_CLI_UI_LANGUAGE", "en"),
        ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
        ("DOTNET_NOLOGO", "1"),
        ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
        ("DOTNET_ADD_GLOBAL_TOOLS_TO_PATH", "0"),
        // Of the build that runs the tests.
        ("MSBuildSDKsPath", null),
        ("MSBuildExtensionsPath", null),
        ("MSBUILD_EXE_PATH", null),
    ];

    /// <summary>The .NET host.</summary>
    public static string Host => System.Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), $"The tests pack the tool for {Runtime}.");
        Directory.CreateDirectory(folder["home"]);
        await PackAsync();
        File.Copy(Path.Combine(MachineCache, "microsoft.build.notargets", NoTargets, $"microsoft.build.notargets.{NoTargets}.nupkg"), Path.Combine(Packages, $"microsoft.build.notargets.{NoTargets}.nupkg"));
        await File.WriteAllTextAsync(folder["nuget.config"], $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="{Packages}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="machine" value="{MachineCache}" /></fallbackPackageFolders>
            </configuration>
            """);
        using var workspace = new Workspace(this);
        var installed = await workspace.DotNetAsync("tool", "install", "ModelGuard.Tool");
        Assert.True(installed.ExitCode == 0, installed.All);
        Directory.CreateDirectory(Bin);
        File.CreateSymbolicLink(Path.Combine(Bin, "modelguard"), Path.Combine(InstalledTool, "ModelGuard.Cli"));
    }

    /// <summary>The configuration of NuGet for a workspace: this feed, and no network.</summary>
    public void WriteConfiguration(string target) => File.Copy(folder["nuget.config"], target);

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    // By the project that makes them for a release, with libraries that the build of this test project has built. Packages that are up to date
    // since an earlier run are not packed again.
    private async Task PackAsync()
    {
        var output = Path.Combine(RepositoryPaths.Root, "artifacts", "package", "tests");
        var packed = await ChildProcess.RunAsync(
            Host,
            ["msbuild", Path.Combine(RepositoryPaths.Root, "eng", "Packages.proj"), "-m:2", "-nodeReuse:false", "-v:minimal", "-tl:off", $"-p:Configuration={Metadata("Configuration")}", "-p:LibrariesAreBuilt=true", "-p:RunAnalyzers=false", $"-p:PackageOutputPath={output}", $"-p:ToolPackages=\"{Runtime};any;pointer\""],
            RepositoryPaths.Root,
            [.. Environment.Where(v => v.Name is not ("NUGET_PACKAGES" or "DOTNET_CLI_HOME" or "HOME" or "PATH"))]);
        Assert.True(packed.ExitCode == 0, packed.All);
        Directory.CreateDirectory(Packages);
        foreach (var file in Directory.EnumerateFiles(output, $"*.{Version}.*nupkg")) File.CreateSymbolicLink(Path.Combine(Packages, Path.GetFileName(file)), file);
    }

    private static string Metadata(string key) => Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
