using System.IO.Compression;

namespace ModelGuard.Packages.Tests;

/// <summary>A library for several frameworks.</summary>
public sealed class MultiTargetTests(Feed feed)
{
    [Fact]
    public async Task All_frameworks_share_one_edit_each_gets_the_files_and_the_package_holds_them_once()
    {
        using var workspace = new Workspace(feed);
        workspace.Write("Library.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks>
                <EnableWindowsTargeting>true</EnableWindowsTargeting>
                <DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>
              </PropertyGroup>
              <ItemGroup>
                {Workspace.Reference}
                <ModelGuardPolicy Include="policy.yaml" CopyToOutputDirectory="PreserveNewest" Pack="true" />
              </ItemGroup>
            </Project>
            """);
        workspace.WritePolicy();

        (await workspace.BuildAsync("build", "-m:2")).AssertBuilt("edit");
        var model = workspace.Files("edited");
        Assert.Equal(model, workspace.Files("bin/Debug/net10.0/edited"));
        Assert.Equal(model, workspace.Files("bin/Debug/net10.0-windows/edited"));
        (await workspace.BuildAsync("build", "-mt", "-m:2", "--no-restore")).AssertBuilt();

        (await workspace.BuildAsync("pack", "--no-restore", "-c", "Debug", "-o", workspace["packed"])).AssertBuilt();
        (await workspace.BuildAsync("pack", "--no-build", "-c", "Debug", "-o", workspace["packed again"])).AssertBuilt();
        foreach (var packed in new[] { "packed", "packed again" })
        {
            await using var package = await ZipFile.OpenReadAsync(workspace[$"{packed}/Library.1.0.0.nupkg"]);
            Assert.Equal(model.Select(f => "models/edited/" + f), package.Entries.Select(e => e.FullName).Where(n => n.Contains("edited", StringComparison.Ordinal)).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        }

        (await workspace.BuildAsync("clean")).AssertBuilt();
        Assert.False(Directory.Exists(workspace["edited"]));
        Assert.DoesNotContain(workspace.Files("."), f => f.EndsWith(".stamp", StringComparison.Ordinal));
    }
}
