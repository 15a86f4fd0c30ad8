namespace ModelGuard.Packages.Tests;

/// <summary>An ASP.NET application that ships its edited model.</summary>
public sealed class WebApplicationTests(Feed feed)
{
    [Fact]
    public async Task The_edited_model_is_copied_and_published_whole_and_only_where_it_is_asked_for()
    {
        using var workspace = new Workspace(feed);
        workspace.Write("Site/Site.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup>
                {Workspace.Reference}
                <ModelGuardPolicy Include="../models/policy.yaml" OutputFolder="star-free" CopyToOutputDirectory="PreserveNewest" />
                <ModelGuardPolicy Include="../models/second.yaml" OutputFolder="not-shipped" />
              </ItemGroup>
            </Project>
            """);
        workspace.Write("Site/Program.cs", "Microsoft.AspNetCore.Builder.WebApplication.Create(args).Run();\n");
        workspace.WritePolicy("models/policy.yaml");
        workspace.WritePolicy("models/second.yaml", replaceWith: "square");

        (await workspace.BuildAsync("build", "Site")).AssertBuilt("edit", "edit");
        var model = workspace.Files("Site/star-free");
        Assert.Contains("unet/diffusion_pytorch_model.safetensors", model, StringComparer.Ordinal);
        Assert.Equal(model, workspace.Files("Site/bin/Debug/net10.0/star-free"));

        // The second time, the wildcards of a web project have found what the first build made.
        (await workspace.BuildAsync("build", "Site", "--no-restore")).AssertBuilt();
        (await workspace.BuildAsync("publish", "Site", "--no-restore", "-c", "Debug", "-o", workspace["published"])).AssertBuilt();
        Assert.Equal(model, workspace.Files("published/star-free"));
        Assert.DoesNotContain(workspace.Files("published"), f => f.StartsWith("not-shipped", StringComparison.Ordinal) || f.Contains("shapes", StringComparison.Ordinal));
        Assert.Equal(model.Length, workspace.Files("published").Count(f => f.Contains("star-free", StringComparison.Ordinal)));
        Assert.Equal(await File.ReadAllBytesAsync(workspace["Site/star-free/modelguard-report.json"]), await File.ReadAllBytesAsync(workspace["published/star-free/modelguard-report.json"]));

        (await workspace.BuildAsync("clean", "Site")).AssertBuilt();
        Assert.False(Directory.Exists(workspace["Site/star-free"]) || Directory.Exists(workspace["Site/not-shipped"]));
        Assert.DoesNotContain(workspace.Files("Site"), f => f.EndsWith(".safetensors", StringComparison.Ordinal));
    }
}
