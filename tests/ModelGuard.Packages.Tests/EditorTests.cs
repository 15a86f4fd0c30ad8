using System.Text.Json;

namespace ModelGuard.Packages.Tests;

/// <summary>What an editor asks without building.</summary>
public sealed class EditorTests(Feed feed)
{
    [Fact]
    public async Task Visual_Studio_learns_what_an_edit_depends_on_and_a_design_time_build_writes_nothing()
    {
        using var workspace = new Workspace(feed);
        workspace.Write("Models.proj", $"""
            <Project Sdk="{Feed.NoTargetsSdk}">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup>
                {Workspace.Reference}
                <ModelGuardPolicy Include="policy.yaml" />
              </ItemGroup>
              <!-- Visual Studio brings these two. -->
              <Target Name="CollectUpToDateCheckInputDesignTime" />
              <Target Name="CollectUpToDateCheckOutputDesignTime" />
            </Project>
            """);
        workspace.WritePolicy();
        (await workspace.BuildAsync("build")).AssertBuilt("edit");

        var inputs = await AskAsync(workspace, "UpToDateCheckInput");
        var outputs = await AskAsync(workspace, "UpToDateCheckOutput");

        Assert.Contains(workspace["policy.yaml"], inputs.Keys, StringComparer.Ordinal);
        Assert.Contains(workspace["base/text_encoder/model.safetensors"], inputs.Keys, StringComparer.Ordinal);
        Assert.Contains(workspace["scorer/config.json"], inputs.Keys, StringComparer.Ordinal);
        var (stamp, set) = Assert.Single(outputs);
        Assert.True(File.Exists(stamp));
        Assert.All(inputs.Values, s => Assert.Equal(set, s));

        // An output that is not there has the editor build.
        Directory.Delete(workspace["edited"], recursive: true);
        var before = workspace.State(".");
        Assert.False(File.Exists(Assert.Single(await AskAsync(workspace, "UpToDateCheckOutput")).Key));
        Assert.Equal(before, workspace.State("."));
    }

    private static async Task<Dictionary<string, string>> AskAsync(Workspace workspace, string item)
    {
        var answer = await workspace.DotNetAsync("msbuild", "-nodeReuse:false", "-p:DesignTimeBuild=true", $"-t:Collect{item}DesignTime", "-getItem:" + item);
        Assert.True(answer.ExitCode == 0, answer.All);
        using var json = JsonDocument.Parse(answer.Output);
        return json.RootElement.GetProperty("Items").GetProperty(item).EnumerateArray().Where(i => i.GetProperty("Set").GetString()!.StartsWith("ModelGuard ", StringComparison.Ordinal))
            .ToDictionary(i => i.GetProperty("FullPath").GetString()!, i => i.GetProperty("Set").GetString()!, StringComparer.Ordinal);
    }
}
