using System.Text.RegularExpressions;

namespace ModelGuard.Cli.Tests.Build;

/// <summary>Real builds of a real project. Each costs seconds, so one project answers several questions.</summary>
public sealed class BuildTests
{
    private const string OneFramework = "<PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup><ItemGroup><ModelGuardPolicy Include=\"policies/policy.yaml\" /></ItemGroup>";
    private const string Edited = "Edited 4 tensor(s)";
    private const string UpToDate = "is up to date: same policy, same base, same tool.";

    [Fact]
    public async Task A_build_edits_only_when_something_changed_and_a_clean_removes_what_it_made()
    {
        using var project = new BuiltProject(OneFramework);
        project.WritePolicy("policies/policy.yaml");
        var output = project["policies/out"];

        AssertBuilt(await project.RestoreAndBuildAsync(), Edited);
        var state = PolicyFolder.State(output);

        var second = await project.BuildAsync();
        AssertBuilt(second);
        Assert.DoesNotContain(UpToDate, second.Output, StringComparison.Ordinal);

        // A checkout gives files new times: the tool is asked, looks at contents and writes nothing.
        File.SetLastWriteTimeUtc(project["base/unet/config.json"], File.GetLastWriteTimeUtc(Stamps(project).Single()).AddSeconds(1));
        var touched = await project.BuildAsync();
        AssertBuilt(touched, UpToDate);
        Assert.Equal(state, PolicyFolder.State(output));

        Directory.Delete(output, recursive: true);
        AssertBuilt(await project.BuildAsync(), Edited);
        Assert.True(File.Exists(Path.Combine(output, "modelguard-report.json")));

        var clean = await project.CleanAsync();
        Assert.True(clean.ExitCode == 0, clean.All);
        Assert.False(Directory.Exists(output));
        Assert.Empty(Stamps(project));
        Assert.True(File.Exists(project["policies/policy.yaml"]) && Directory.Exists(project["base"]));
    }

    [Fact]
    public async Task Errors_of_a_policy_are_errors_of_the_build_unless_ModelGuard_is_skipped()
    {
        using var project = new BuiltProject(OneFramework);
        project.Write("policies/policy.yaml", PolicyFolder.Text(rest: "failon: high"));

        var failed = await project.RestoreAndBuildAsync();
        var skipped = await project.BuildAsync("-p:ModelGuardSkip=true");
        var designTime = await project.BuildAsync("-p:DesignTimeBuild=true");

        Assert.True(failed.ExitCode == 1, failed.All);
        Assert.Matches(Error(project["policies/policy.yaml"], 17, "MG0108"), failed.Output);
        Assert.Contains("1 Error(s)", failed.Output, StringComparison.Ordinal);
        AssertBuilt(skipped);
        AssertBuilt(designTime);
    }

    [Fact]
    public async Task An_audit_that_fails_fails_every_build_and_one_that_passes_is_not_repeated()
    {
        using var project = new BuiltProject(OneFramework);
        project.WritePolicy("policies/policy.yaml", "- { id: none, metric: clip-score, on: removed, max: -2 }");

        var failed = await project.RestoreAndBuildAsync("-p:ModelGuardAudit=true");
        var again = await project.BuildAsync("-p:ModelGuardAudit=true");
        project.WritePolicy("policies/policy.yaml");
        var passed = await project.BuildAsync("-p:ModelGuardAudit=true");
        var unchanged = await project.BuildAsync("-p:ModelGuardAudit=true");

        foreach (var result in new[] { failed, again })
        {
            Assert.True(result.ExitCode == 1, result.All);
            Assert.Matches(Error(project["policies/policy.yaml"], PolicyFolder.ConceptLine, "MG1201"), result.Output);
        }

        Assert.DoesNotContain(Edited, again.Output, StringComparison.Ordinal);
        AssertBuilt(passed, Edited, "Verdict: pass.");
        Assert.DoesNotContain("Verdict", unchanged.Output, StringComparison.Ordinal);
        AssertBuilt(unchanged);
    }

    [Fact]
    public async Task A_project_for_several_frameworks_edits_once_and_cleans_once()
    {
        using var project = new BuiltProject("<PropertyGroup><TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks><EnableWindowsTargeting>true</EnableWindowsTargeting><DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads></PropertyGroup><ItemGroup><ModelGuardPolicy Include=\"policies/policy.yaml\" OutputFolder=\"edited model\" /></ItemGroup>");
        project.WritePolicy("policies/policy.yaml");

        var built = await project.RestoreAndBuildAsync();
        AssertBuilt(built, Edited);
        Assert.Equal(1, Regex.Count(built.Output, Regex.Escape(Edited), RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.DoesNotContain(UpToDate, built.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(project["edited model/modelguard-report.json"]));
        Assert.True(File.Exists(project["bin/Debug/net10.0/App.dll"]) && File.Exists(project["bin/Debug/net10.0-windows/App.dll"]));

        var clean = await project.CleanAsync();
        Assert.True(clean.ExitCode == 0, clean.All);
        Assert.False(Directory.Exists(project["edited model"]));
        Assert.Empty(Stamps(project));
    }

    private static string[] Stamps(BuiltProject project) => Directory.GetFiles(project["obj"], "*.stamp", SearchOption.AllDirectories);

    private static string Error(string file, int line, string code) => FormattableString.Invariant($@"{Regex.Escape(file)}\({line},[0-9]+\): error {code}: ");

    /// <summary>Asserts that a build succeeded without a warning, and that the edit did what is said, or was not run when nothing is.</summary>
    private static void AssertBuilt(ChildProcess.Finished result, params string[] said)
    {
        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("0 Warning(s)", result.Output, StringComparison.Ordinal);
        Assert.All(said, text => Assert.Contains(text, result.Output, StringComparison.Ordinal));
        if (!said.Contains(Edited)) Assert.DoesNotContain(Edited, result.Output, StringComparison.Ordinal);
    }
}
