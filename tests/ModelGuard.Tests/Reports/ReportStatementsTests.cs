using System.Text;
using System.Text.Json.Nodes;
using ModelGuard.Reports;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Reports;

public sealed class ReportStatementsTests
{
    [Fact]
    public void The_statements_besides_the_report_itself_look_like_this()
    {
        var report = SomeReport.File();
        var statements = ReportStatements.Create(report).Skip(1).Select(s => JsonNode.Parse(s.ToJson())!.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }));

        // The digest changes with every new field of a report.
        Snapshot.Verify(string.Join("\n\n", statements).Replace(report.Sha256, "SHA-256 of the report", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_statement_of_a_report_fits_its_schema_and_holds_the_report_as_it_stands()
    {
        var schema = await PublishedSchema.ReadAsync("edit-report-v1.schema.json");
        var report = SomeReport.File();

        var statement = Encoding.UTF8.GetString(ReportStatements.Create(report)[0].ToJson());

        Assert.Empty(schema.Errors(statement));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(report.Bytes.Span), JsonNode.Parse(statement)!["predicate"]));
        Assert.NotEmpty(schema.Errors(statement.Replace("edit-report/v1", "edit-report/v2", StringComparison.Ordinal)));
        Assert.NotEmpty(schema.Errors(statement.Replace("\"threads\":2", "\"threads\":\"2\"", StringComparison.Ordinal)));
        Assert.NotEmpty(schema.Errors(statement.Replace("\"threads\":2", "\"threads\":2,\"more\":2", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_report_of_an_edit_has_no_test_result_and_one_of_an_audit_no_provenance()
    {
        var edit = ReportFile.Read("r", ReportJson.Write(SomeReport.Create() with { Audit = null }));
        var audit = ReportFile.Read("r", ReportJson.Write(SomeReport.Create() with { Edit = null, Edits = [] }));

        Assert.Equal([ReportStatements.EditReportType, ReportStatements.ProvenanceType], ReportStatements.Create(edit).Select(s => s.PredicateType), StringComparer.Ordinal);
        Assert.Equal([ReportStatements.EditReportType, ReportStatements.TestResultType], ReportStatements.Create(audit).Select(s => s.PredicateType), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(Verdict.Pass, "WARNED")]
    [InlineData(Verdict.Waived, "WARNED")]
    [InlineData(Verdict.Inconclusive, "FAILED")]
    [InlineData(Verdict.Fail, "FAILED")]
    public void Nothing_with_a_warning_has_passed(Verdict verdict, string result) => Assert.Equal(result, Result(a => a with { Verdict = verdict }));

    [Fact]
    public void What_passed_wholly_has_passed() => Assert.Equal("PASSED", Result(a => a with { Verdict = Verdict.Pass, Outcomes = [a.Outcomes[0]] }));

    private static string? Result(Func<AuditReport, AuditReport> change)
    {
        var report = SomeReport.Create();
        report = report with { Audit = change(report.Audit!) };
        return ReportStatements.Create(ReportFile.Read("r", ReportJson.Write(report)))[1].Predicate.GetProperty("result").GetString();
    }
}
