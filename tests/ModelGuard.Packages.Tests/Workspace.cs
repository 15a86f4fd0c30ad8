using System.Globalization;
using Microsoft.Build.Logging.StructuredLogger;

namespace ModelGuard.Packages.Tests;

/// <summary>A folder of a user, with blanks and letters beyond ASCII in its path, that knows nothing of this repository but its feed of packages.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Feed feed;
    private int logs;

    public Workspace(Feed feed, string name = "Modelle für alle (β)")
    {
        this.feed = feed;
        Root = folder[name];
        Directory.CreateDirectory(Root);
        feed.WriteConfiguration(folder["nuget.config"]);
    }

    public string Root { get; }

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>A reference to the package that edits models in builds.</summary>
    public static string Reference { get; } = $"<PackageReference Include=\"ModelGuard.MSBuild\" Version=\"{Feed.Version}\" PrivateAssets=\"all\" />";

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
    }

    /// <summary>Writes a policy on copies of the golden model and scorer that lie beside it in <c>base</c> and <c>scorer</c>.</summary>
    public void WritePolicy(string name = "policy.yaml", string replaceWith = "circle", string gate = "max: 2", string output = "edited", int seeds = 1, int steps = 1, string rest = "")
    {
        var beside = Path.GetDirectoryName(this[name])!;
        CopyGolden("sd1-tiny", Path.Combine(beside, "base"));
        CopyGolden("clip-tiny", Path.Combine(beside, "scorer"));
        Write(name, string.Create(CultureInfo.InvariantCulture, $$"""
            version: 1
            model: { base: base, output: {{output}} }
            scorer: scorer
            edit: { layers: [0, 1, 2, 3] }
            generation: { steps: {{steps}}, seeds: {{seeds}} }
            concepts:
              - { id: star, action: remove, attribute: object, match: ["star"], replaceWith: "{{replaceWith}}", severity: high, prompts: ["a {concept}"] }
            gates:
              - { id: low, metric: clip-score, on: removed, {{gate}} }
            {{rest}}
            """));
    }

    /// <summary>Runs the .NET command line in the workspace.</summary>
    public Task<ChildProcess.Finished> DotNetAsync(params string[] arguments) => RunAsync(Feed.Host, [], arguments);

    /// <summary>Starts it; the caller ends it.</summary>
    public ChildProcess StartDotNet(params string[] arguments) => ChildProcess.Start(Feed.Host, arguments, Root, feed.Environment);

    /// <summary>Runs a program in the workspace.</summary>
    public Task<ChildProcess.Finished> RunAsync(string program, (string Name, string? Value)[] environment, params string[] arguments) =>
        ChildProcess.RunAsync(program, arguments, Root, [.. feed.Environment, .. environment]);

    /// <summary>Runs a command of the .NET SDK that builds, and reads its binary log.</summary>
    public Task<BuildResult> BuildAsync(params string[] arguments) => BuildWithAsync([], arguments);

    /// <summary>The same with variables of its own.</summary>
    public async Task<BuildResult> BuildWithAsync((string Name, string? Value)[] environment, params string[] arguments)
    {
        var log = folder[string.Create(CultureInfo.InvariantCulture, $"{++logs}.binlog")];
        var finished = await RunAsync(Feed.Host, environment, [.. arguments, "-nodeReuse:false", "-tl:off", "-v:minimal", $"-bl:{log}"]);
        return new BuildResult(finished, BinaryLog.ReadBuild(log), log);
    }

    /// <summary>Names, contents and times of all files below a folder: the same text means that nothing was written.</summary>
    public string State(string name) => string.Join('\n', Directory.EnumerateFiles(this[name], "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(f => string.Create(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(this[name], f)} {File.GetLastWriteTimeUtc(f).Ticks} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}")));

    /// <summary>Relative names of all files below a folder, in order.</summary>
    public string[] Files(string name) => [.. Directory.EnumerateFiles(this[name], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(this[name], f)).Order(StringComparer.Ordinal)];

    public void Dispose() => folder.Dispose();

    private static void CopyGolden(string name, string target)
    {
        if (Directory.Exists(target)) return;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Golden, name), "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(Path.Combine(RepositoryPaths.Golden, name), file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
