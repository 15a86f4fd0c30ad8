using System.IO.Compression;

namespace ModelGuard.Packages.Tests;

/// <summary>Projects that compile nothing and only make models, with the tool of a manifest.</summary>
public sealed class ModelProjectTests(Feed feed)
{
    [Fact]
    public async Task A_solution_edits_its_models_side_by_side_with_the_tool_of_its_manifest()
    {
        using var workspace = new Workspace(feed);
        WriteProject(workspace, "First", "Pack=\"true\" PackagePath=\"content/models/first\"");
        WriteProject(workspace, "Second", "");
        workspace.Write("Models.slnx", """<Solution><Project Path="First/First.proj" Type="C#" /><Project Path="Second/Second.proj" Type="C#" /></Solution>""");
        workspace.Write(".config/dotnet-tools.json", $$"""{ "version": 1, "isRoot": true, "tools": { "modelguard.tool": { "version": "{{Feed.Version}}", "commands": ["modelguard"] } } }""");

        // Another home knows no restored tools.
        var unrestored = await workspace.BuildWithAsync([("DOTNET_CLI_HOME", workspace["home"])], "build", "Models.slnx", "-m:2");
        Assert.Equal(1, unrestored.Process.ExitCode);
        Assert.All(unrestored.Errors, e => Assert.Equal("MG0021", e.Code));
        Assert.Contains("run 'dotnet tool restore'", unrestored.Errors[0].Text, StringComparison.Ordinal);

        var restored = await workspace.DotNetAsync("tool", "restore");
        Assert.True(restored.ExitCode == 0, restored.All);
        // Nothing else on this machine can be what is run.
        var built = await workspace.BuildWithAsync([("PATH", "/usr/bin:/bin")], "build", "Models.slnx", "-m:2", "--no-restore");
        built.AssertBuilt("edit", "edit");
        Assert.True(File.Exists(workspace["First/edited/modelguard-report.json"]) && File.Exists(workspace["Second/edited/modelguard-report.json"]));
        (await workspace.BuildAsync("build", "Models.slnx", "-m:2", "--no-restore")).AssertBuilt();

        (await workspace.BuildAsync("pack", "First/First.proj", "--no-restore", "-c", "Debug", "-o", workspace["packed"])).AssertBuilt();
        await using var package = await ZipFile.OpenReadAsync(workspace["packed/First.1.0.0.nupkg"]);
        Assert.Equal(workspace.Files("First/edited").Select(f => "content/models/first/" + f), package.Entries.Select(e => e.FullName).Where(n => n.StartsWith("content/", StringComparison.Ordinal)).Order(StringComparer.Ordinal), StringComparer.Ordinal);

        (await workspace.BuildAsync("clean", "Models.slnx")).AssertBuilt();
        Assert.False(Directory.Exists(workspace["First/edited"]) || Directory.Exists(workspace["Second/edited"]));
    }

    private static void WriteProject(Workspace workspace, string name, string metadata)
    {
        workspace.Write($"{name}/{name}.proj", $"""
            <Project Sdk="{Feed.NoTargetsSdk}">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <SuppressDependenciesWhenPacking>true</SuppressDependenciesWhenPacking>
              </PropertyGroup>
              <ItemGroup>
                {Workspace.Reference}
                <ModelGuardPolicy Include="policy.yaml" {metadata} />
              </ItemGroup>
            </Project>
            """);
        workspace.WritePolicy($"{name}/policy.yaml");
    }
}
