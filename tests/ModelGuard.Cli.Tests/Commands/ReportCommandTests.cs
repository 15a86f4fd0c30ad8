using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace ModelGuard.Cli.Tests.Commands;

/// <summary>Reports of a real audit, rendered by the real tool, which finds no LibTorch and needs none.</summary>
public sealed class ReportCommandTests(AuditedFolder audited) : IClassFixture<AuditedFolder>
{
    private static readonly (string, string?)[] NoLibTorch = [("MODELGUARD_LIBTORCH", "/no/such/folder")];

    [Fact]
    public async Task Json_is_the_report_byte_for_byte() => Assert.Equal(await File.ReadAllTextAsync(audited.Report), (await RenderAsync("json")).Output);

    [Fact]
    public async Task Markdown_tells_the_verdict_under_the_public_name()
    {
        var markdown = (await RenderAsync("markdown", "--limit", "comment")).Output;

        Assert.StartsWith("## ❌ ModelGuard: fail\n", markdown, StringComparison.Ordinal);
        Assert.Contains("`Trademark B`", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sarif_points_at_the_concept_in_the_policy()
    {
        using var sarif = JsonDocument.Parse((await RenderAsync("sarif", "--policy-path", "policies/policy.yaml")).Output);

        var place = Assert.Single(sarif.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().ToArray()).GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.Equal("policies/policy.yaml", place.GetProperty("artifactLocation").GetProperty("uri").GetString());
        Assert.Equal(PolicyFolder.ConceptLine, place.GetProperty("region").GetProperty("startLine").GetInt32());
    }

    [Fact]
    public async Task Junit_counts_the_gates() => Assert.Equal("1", XDocument.Parse((await RenderAsync("junit")).Output).Root!.Attribute("failures")!.Value);

    [Fact]
    public async Task Html_shows_the_pictures_of_the_audit()
    {
        using var folder = new TemporaryFolder();

        var result = await RenderAsync("html", "--pictures", audited.Pictures, "--output", folder["report.html"]);

        Assert.Empty(result.Output);
        var page = await File.ReadAllTextAsync(folder["report.html"]);
        Assert.Contains("<title>fail · out · ModelGuard report</title>", page, StringComparison.Ordinal);
        Assert.Contains("\"editedType\":\"webp\",\"edited\":\"", page, StringComparison.Ordinal);
        Assert.Contains("\"baseType\":\"webp\",\"base\":\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_of_an_edit_is_rendered_too()
    {
        var result = await Tool.RunAsync("report", audited.Folder.Report, "--format", "html");

        Assert.True(result.ExitCode == 0, result.All);
        Assert.Contains("Not audited", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_that_was_changed_is_not_shown()
    {
        using var copy = TemporaryFolder.CopyOf(audited.Pictures);
        await File.AppendAllTextAsync(copy["000000.png"], "x");

        await RefusesAsync("MG1405", 2, audited.Report, "html", "--pictures", copy.Path);
    }

    [Fact]
    public async Task Pictures_of_another_audit_are_not_shown()
    {
        using var copy = TemporaryFolder.CopyOf(audited.Pictures);
        await File.AppendAllTextAsync(copy["modelguard-pictures.json"], "\n");

        await RefusesAsync("MG1405", 2, audited.Report, "html", "--pictures", copy.Path);
    }

    [Fact]
    public async Task A_report_that_says_pass_where_its_numbers_say_fail_is_not_rendered()
    {
        using var folder = new TemporaryFolder();
        var report = JsonNode.Parse(await File.ReadAllTextAsync(audited.Report))!;
        report["audit"]!["verdict"] = "pass";
        await File.WriteAllTextAsync(folder["report.json"], report.ToJsonString());

        await RefusesAsync("MG2021", 3, folder["report.json"], "markdown");
    }

    [Fact]
    public async Task What_is_no_report_is_refused_with_one_sentence()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["report.json"], "{}");

        await RefusesAsync("MG1401", 2, folder["report.json"], "markdown");
    }

    [Fact]
    public async Task A_missing_report_and_an_unknown_format_are_told_apart()
    {
        await RefusesAsync("MG0010", 2, "nowhere.json", "markdown");

        Assert.Equal(64, (await Tool.RunAsync("report", audited.Report, "--format", "pdf")).ExitCode);
    }

    [Fact]
    public async Task An_output_that_fails_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();

        await RefusesAsync("MG1403", 2, audited.Folder.Report, "junit", "--output", folder["report.xml"]);

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Pictures_inside_the_model_are_refused_before_anything_is_computed()
    {
        var result = await Tool.RunAsync("audit", audited.Folder.Policy, "--pictures", Path.Combine(audited.Folder.Output, "pictures"));

        Assert.True(result.ExitCode == 2, result.All);
        Assert.Contains("MG0260", result.Error, StringComparison.Ordinal);
    }

    private async Task<ChildProcess.Finished> RenderAsync(string format, params string[] options)
    {
        var result = await Tool.RunInAsync(null, NoLibTorch, ["report", audited.Report, "--format", format, .. options]);
        Assert.True(result.ExitCode == 0, result.All);
        Assert.Empty(result.Error);
        return result;
    }

    private static async Task RefusesAsync(string code, int exitCode, string report, string format, params string[] options)
    {
        var result = await Tool.RunAsync(["report", report, "--format", format, .. options]);
        Assert.True(result.ExitCode == exitCode, result.All);
        Assert.StartsWith($"modelguard: error {code}: ", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }
}

/// <summary>The golden model, edited and audited once with its pictures kept; no cosine can pass its gate.</summary>
public sealed class AuditedFolder : IAsyncLifetime
{
    internal PolicyFolder Folder { get; } = new(PolicyFolder.Text("- { id: none, metric: clip-score, on: removed, max: -2 }"));

    internal string Report => Folder["audit.json"];

    internal string Pictures => Folder["modelguard-pictures"];

    public async ValueTask InitializeAsync()
    {
        var edit = await Tool.RunAsync("edit", Folder.Policy);
        Assert.True(edit.ExitCode == 0, edit.All);
        var audit = await Tool.RunAsync("audit", Folder.Policy, "--report", Report, "--pictures", Pictures);
        Assert.True(audit.ExitCode == 1, audit.All);
    }

    public ValueTask DisposeAsync()
    {
        Folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
