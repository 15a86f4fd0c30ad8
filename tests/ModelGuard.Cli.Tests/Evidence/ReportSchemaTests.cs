namespace ModelGuard.Cli.Tests.Evidence;

/// <summary>The reports that the tool writes fit the schema that it publishes.</summary>
public sealed class ReportSchemaTests(EditedFolder edited) : IClassFixture<EditedFolder>
{
    [Fact]
    public async Task The_report_of_an_edit_fits_the_schema()
    {
        var schema = await PublishedSchema.ReadAsync("report-v1.schema.json");
        var report = await File.ReadAllTextAsync(edited.Folder.Report);

        Assert.Empty(schema.Errors(report));
        Assert.NotEmpty(schema.Errors(report.Replace("\"lambda\"", "\"lamda\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_report_of_an_audit_fits_the_schema()
    {
        var schema = await PublishedSchema.ReadAsync("report-v1.schema.json");

        var audit = await Tool.RunAsync("audit", edited.Folder.Policy, "--json", "--report", edited.Folder["audit.json"], "--pictures", edited.Folder["pictures"]);

        Assert.True(audit.ExitCode == 0, audit.All);
        Assert.Empty(schema.Errors(audit.Output));
        Assert.Empty(schema.Errors(await File.ReadAllTextAsync(edited.Folder["audit.json"])));
    }
}
