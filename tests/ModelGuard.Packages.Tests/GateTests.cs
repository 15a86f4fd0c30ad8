using System.IO.Compression;
using System.Text;
using AbstractDiagnostic = Microsoft.Build.Logging.StructuredLogger.AbstractDiagnostic;

namespace ModelGuard.Packages.Tests;

/// <summary>Builds that judge what they edited.</summary>
public sealed class GateTests(Feed feed)
{
    private const string Secret = "9f1c2e5b-not-for-logs";

    [Fact]
    public async Task A_failing_gate_is_an_error_a_warning_or_a_line_and_the_log_carries_the_report()
    {
        using var workspace = Create();
        workspace.WritePolicy(gate: "max: -2");

        var error = await workspace.BuildWithAsync([("MODELGUARD_KEY_PASSWORD", Secret)], "build");
        var warning = await workspace.BuildAsync("build", "--no-restore", "-p:ModelGuardGate=warn");
        var off = await workspace.BuildAsync("build", "--no-restore", "-p:ModelGuardGate=off");
        var unknown = await workspace.BuildAsync("build", "--no-restore", "-p:ModelGuardGate=maybe");

        Assert.Equal(1, error.Process.ExitCode);
        Assert.Equal(["edit", "verify"], error.ToolRuns);
        AssertPlace(workspace, Assert.Single(error.Errors));
        Assert.Contains(error.Embedded, f => f.EndsWith(".audit.json", StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, TextOf(error.LogPath), StringComparison.Ordinal);
        Assert.Contains("ModelGuardTool", TextOf(error.LogPath), StringComparison.Ordinal);

        // A gate that did not pass is judged again by each build.
        Assert.True(warning.Process.ExitCode == 0, warning.All);
        Assert.Equal(["verify"], warning.ToolRuns);
        AssertPlace(workspace, Assert.Single(warning.Warnings));
        off.AssertBuilt("verify").AssertSaid("error MG1201");
        Assert.Equal(("MG0022", 1), (Assert.Single(unknown.Errors).Code, unknown.Process.ExitCode));

        workspace.WritePolicy();
        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt("edit", "verify").AssertSaid("Verdict: pass.");
        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt();
    }

    [Fact]
    public async Task A_cancelled_build_leaves_nothing_half_written_and_no_process()
    {
        using var workspace = Create();
        // Pictures for minutes.
        workspace.WritePolicy(seeds: 400, steps: 50);
        Assert.True((await workspace.BuildAsync("restore")).Process.ExitCode == 0);

        using var build = workspace.StartDotNet("build", "--no-restore", "-nodeReuse:false", "-tl:off", "-v:minimal");
        await build.UntilAsync(_ => File.Exists(workspace["edited/modelguard-report.json"]) && ToolIsRunning(workspace, "verify"));
        await build.SignalAsync("INT");
        var ended = await build.WaitAsync();

        Assert.True(ended.ExitCode != 0, ended.All);
        Assert.False(ToolIsRunning(workspace, "verify"));
        Assert.DoesNotContain(workspace.Files("."), f => f.EndsWith(".audit.json", StringComparison.Ordinal) || f.EndsWith(".audit.stamp", StringComparison.Ordinal) || f.Contains(".partial", StringComparison.Ordinal));

        workspace.WritePolicy();
        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt("edit", "verify").AssertSaid("Verdict: pass.");
    }

    private static void AssertPlace(Workspace workspace, AbstractDiagnostic diagnostic) =>
        Assert.Equal(("MG1201", workspace["policy.yaml"], 7, 5), (diagnostic.Code, diagnostic.File, diagnostic.LineNumber, diagnostic.ColumnNumber));

    // All strings of a binary log stand in it as they are, once it is unpacked.
    private static string TextOf(string log)
    {
        using var unpacked = new GZipStream(File.OpenRead(log), CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    // By the command lines of all processes: the workspace's path is in no other.
    private static bool ToolIsRunning(Workspace workspace, string command) => Directory.EnumerateFiles("/proc", "cmdline", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true }).Any(file =>
    {
        try
        {
            var line = File.ReadAllText(file).Split('\0');
            return line.Contains(command, StringComparer.Ordinal) && line.Contains(workspace["policy.yaml"], StringComparer.Ordinal);
        }
        catch (IOException)
        {
            // It has ended in this moment.
            return false;
        }
    });

    private Workspace Create()
    {
        var workspace = new Workspace(feed);
        workspace.Write("Models.proj", $"""
            <Project Sdk="{Feed.NoTargetsSdk}">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ModelGuardAudit>true</ModelGuardAudit>
              </PropertyGroup>
              <ItemGroup>
                {Workspace.Reference}
                <ModelGuardPolicy Include="policy.yaml" />
              </ItemGroup>
            </Project>
            """);
        return workspace;
    }
}
