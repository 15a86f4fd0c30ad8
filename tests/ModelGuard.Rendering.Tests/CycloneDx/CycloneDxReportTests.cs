using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Rendering.CycloneDx;

namespace ModelGuard.Rendering.Tests.CycloneDx;

/// <summary>A report as a bill of materials of CycloneDX 1.6.</summary>
public sealed class CycloneDxReportTests
{
    private static readonly string Sha256 = new('a', 64);

    [Fact]
    public void An_edit_with_an_audit() => Snapshot.Verify(Render(Both()));

    [Fact]
    public void The_base_is_the_ancestor_and_the_gates_are_metrics()
    {
        var report = Both();

        var bom = JsonNode.Parse(Render(report))!;

        var model = bom["metadata"]!["component"]!;
        Assert.Equal(("CycloneDX", "1.6", "machine-learning-model"), (Text(bom, "bomFormat"), Text(bom, "specVersion"), Text(model, "type")));
        Assert.Equal(Text(report["model"]!["output"]!, "digest"), "sha256:" + Text(model["hashes"]![0]!, "content"));
        var ancestor = Assert.Single(model["pedigree"]!["ancestors"]!.AsArray())!;
        Assert.Equal(("machine-learning-model", Text(report["model"]!["base"]!, "name"), Text(report["model"]!["base"]!, "digest")), (Text(ancestor, "type"), Text(ancestor, "name"), "sha256:" + Text(ancestor["hashes"]![0]!, "content")));
        Assert.Equal(report["audit"]!["gates"]!.AsArray().Count, model["modelCard"]!["quantitativeAnalysis"]!["performanceMetrics"]!.AsArray().Count);
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", Text(bom, "serialNumber"));
    }

    [Fact]
    public void The_same_report_gives_the_same_bytes_and_another_another_serial_number()
    {
        var report = Both();

        Assert.Equal(Render(report), Render(report));
        Assert.NotEqual(Text(JsonNode.Parse(Render(report))!, "serialNumber"), Text(JsonNode.Parse(Render(report, new string('b', 64)))!, "serialNumber"), StringComparer.Ordinal);
    }

    [Fact]
    public void Hidden_characters_of_names_become_visible()
    {
        var report = Both();
        report["model"]!["output"]!["name"] = "a\u202Eb\u0007";

        Assert.Equal("a\\u202eb\\u0007", Text(JsonNode.Parse(Render(report))!["metadata"]!["component"]!, "name"));
    }

    [Theory]
    [InlineData("edit and audit")]
    [InlineData("edit")]
    [InlineData("audit")]
    [InlineData("neither")]
    public async Task It_fits_the_official_schema(string kind)
    {
        // The schema is not committed here: it is another project's.
        var path = Path.Combine(RepositoryPaths.Shared, "cyclonedx", "bom-1.6.schema.json");
        Assert.SkipUnless(File.Exists(path), $"The schema of CycloneDX 1.6 is not at '{path}'.");
        var schema = await PublishedSchema.ReadAsync(path);
        var report = kind switch { "edit" => SomeReport.OfEdit(), "audit" => SomeReport.OfAudit([SomeReport.Gate("gone", "star", "pass", 0)]), "neither" => SomeReport.WithoutAudit(), _ => Both() };

        Assert.Empty(schema.Errors(Render(report)));
    }

    private static JsonObject Both()
    {
        var report = SomeReport.OfEdit();
        var audit = SomeReport.OfAudit([SomeReport.Gate("gone", "star", "pass", 0), SomeReport.Gate("kept", "moon", "inconclusive", -1)]);
        report["audit"] = audit["audit"]!.DeepClone();
        report["run"] = audit["run"]!.DeepClone();
        return report;
    }

    private static string Render(JsonObject report, string? sha256 = null) => Encoding.UTF8.GetString(CycloneDxReport.Render(report.Read(), sha256 ?? Sha256));

    private static string Text(JsonNode node, string key) => node[key]!.GetValue<string>();
}
