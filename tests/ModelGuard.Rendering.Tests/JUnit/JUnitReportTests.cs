using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using ModelGuard.Rendering.JUnit;
using ModelGuard.Rendering.Tests.Markdown;

namespace ModelGuard.Rendering.Tests.JUnit;

public sealed class JUnitReportTests
{
    [Fact]
    public void Every_verdict() => Snapshot.Verify(Encoding.UTF8.GetString(JUnitReport.Render(EveryVerdict().Read())));

    [Fact]
    public void The_counts_are_those_of_the_cases()
    {
        var suite = Document(EveryVerdict()).Root!.Element("testsuite")!;

        Assert.Equal(["5", "1", "1", "2"], ["tests", "failures", "errors", "skipped"], (expected, name) => suite.Attribute(name)!.Value == expected);
        Assert.Equal([5, 1, 1, 2], [suite.Elements("testcase").Count(), suite.Descendants("failure").Count(), suite.Descendants("error").Count(), suite.Descendants("skipped").Count()]);
    }

    [Fact]
    public void Hostile_names_give_a_valid_file_too() => Assert.Equal(50, Document(MarkdownReportTests.Hostile()).Descendants("testcase").Count());

    [Fact]
    public void An_audit_without_gates_does_not_pass() => Assert.Single(Document(SomeReport.OfAudit([])).Descendants("error"));

    [Fact]
    public void A_report_without_an_audit_has_no_test_cases() => Assert.Equal("MG1403", Assert.Throws<ReportException>(() => JUnitReport.Render(SomeReport.OfEdit().Read())).Code);

    internal static JsonObject EveryVerdict() => SomeReport.OfAudit(
        [
            SomeReport.Gate("gone", "van-gogh", "waived", 0.7, displayName: "Artist A", line: 9),
            SomeReport.Gate("gone", "star", "fail", 0.9, line: 20),
            SomeReport.Gate("gone", "heart", "fail", 0.9, severity: "low", line: 30),
            SomeReport.Gate("gone", "ring", "inconclusive", -1, line: 40),
            SomeReport.Gate("kept", "circle", "pass", 0, line: 50),
        ],
        [SomeReport.Waiver("gone", "van-gogh", "2026-12-31", reason: "Legal [settles](https://evil.example) it.")]);

    // Throws where the document does not fit the schema.
    private static XDocument Document(JsonObject report)
    {
        var schemas = new XmlSchemaSet();
        using var text = XmlReader.Create(Path.Combine(RepositoryPaths.Root, "tests", "ModelGuard.Rendering.Tests", "JUnit", "junit.xsd"));
        schemas.Add(null, text);
        using var stream = new MemoryStream(JUnitReport.Render(report.Read()));
        using var reader = XmlReader.Create(stream, new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = schemas, ValidationFlags = XmlSchemaValidationFlags.ReportValidationWarnings });
        return XDocument.Load(reader);
    }
}
