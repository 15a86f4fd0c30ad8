namespace ModelGuard.Packages.Tests;

/// <summary>A class library with one policy, from its first build to its clean.</summary>
public sealed class ClassLibraryTests(Feed feed)
{
    private const string Edited = "Edited 4 tensor(s)";
    private const string UpToDate = "is up to date: same policy, same base, same tool.";

    [Fact]
    public async Task A_build_works_only_when_a_content_has_changed()
    {
        using var workspace = Create();
        workspace.WritePolicy();
        var first = await workspace.BuildAsync("build");
        first.AssertBuilt("edit").AssertSaid(Edited);
        Assert.Contains(first.Embedded, f => f.EndsWith("edited/modelguard-report.json", StringComparison.Ordinal));
        var state = workspace.State("edited");

        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt();

        // As a fresh checkout does: new times, the same contents, and nothing of earlier builds but the edited model.
        foreach (var file in Directory.EnumerateFiles(workspace["base"], "*", SearchOption.AllDirectories).Append(workspace["policy.yaml"])) File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(workspace["edited/modelguard-report.json"]).AddMinutes(1));
        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt("edit").AssertSaid(UpToDate);
        Directory.Delete(workspace["obj/Debug"], recursive: true);
        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt("edit").AssertSaid(UpToDate);
        Assert.Equal(state, workspace.State("edited"));

        workspace.WritePolicy(replaceWith: "square");
        (await workspace.BuildAsync("build", "--no-restore")).AssertBuilt("edit").AssertSaid(Edited);
        Assert.NotEqual(state, workspace.State("edited"), StringComparer.Ordinal);

        var clean = await workspace.BuildAsync("clean");
        clean.AssertBuilt();
        Assert.False(Directory.Exists(workspace["edited"]));
        Assert.True(Directory.Exists(workspace["base"]));
        Assert.DoesNotContain(workspace.Files("."), f => f.Contains(".stamp", StringComparison.Ordinal) || f.Contains(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broken_policy_is_an_error_at_its_line_and_column()
    {
        using var workspace = Create();
        workspace.WritePolicy(rest: "failon: high");

        var result = await workspace.BuildAsync("build");

        Assert.Equal(1, result.Process.ExitCode);
        var error = Assert.Single(result.Errors);
        Assert.Equal(("MG0108", workspace["policy.yaml"], 10, 1), (error.Code, error.File, error.LineNumber, error.ColumnNumber));
        Assert.False(Directory.Exists(workspace["edited"]));

        (await workspace.BuildAsync("build", "--no-restore", "-p:ModelGuardSkip=true")).AssertBuilt();
        (await workspace.BuildAsync("build", "--no-restore", "-p:DesignTimeBuild=true")).AssertBuilt();
    }

    [Fact]
    public async Task A_multithreaded_build_works_as_any_other()
    {
        using var workspace = Create();
        workspace.WritePolicy();

        (await workspace.BuildAsync("build", "-mt")).AssertBuilt("edit").AssertSaid(Edited);
        (await workspace.BuildAsync("build", "-mt", "--no-restore")).AssertBuilt();
    }

    [Fact]
    public async Task Without_a_tool_the_error_says_how_to_install_it()
    {
        using var workspace = Create();
        workspace.WritePolicy();

        var result = await workspace.BuildWithAsync([("PATH", "/usr/bin:/bin")], "build");

        Assert.Equal(1, result.Process.ExitCode);
        Assert.Equal("MG0020", Assert.Single(result.Errors).Code);
        Assert.Contains("'dotnet tool install ModelGuard.Tool'", result.Errors[0].Text, StringComparison.Ordinal);
    }

    private Workspace Create()
    {
        var workspace = new Workspace(feed);
        workspace.Write("Models.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup>
                {Workspace.Reference}
                <ModelGuardPolicy Include="policy.yaml" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write("Code.cs", "namespace Models;\npublic sealed class Code;\n");
        return workspace;
    }
}
