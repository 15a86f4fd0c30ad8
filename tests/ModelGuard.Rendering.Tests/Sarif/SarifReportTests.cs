using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelGuard.Rendering.Sarif;
using ModelGuard.Rendering.Tests.JUnit;
using ModelGuard.Rendering.Tests.Markdown;

namespace ModelGuard.Rendering.Tests.Sarif;

public sealed class SarifReportTests
{
    [Fact]
    public void Every_verdict() => Snapshot.Verify(Encoding.UTF8.GetString(SarifReport.Render(JUnitReportTests.EveryVerdict().Read(), "policies/shapes.yaml")));

    [Fact]
    public void Fingerprints_stay_when_lines_and_verdicts_change()
    {
        var before = Run(SomeReport.OfAudit([SomeReport.Gate("gone", "star", "fail", 0.9, line: 20)]));
        var after = Run(SomeReport.OfAudit([SomeReport.Gate("gone", "circle", "fail", 0.9, line: 3), SomeReport.Gate("gone", "star", "inconclusive", 0.05, line: 40)]));

        Assert.Equal(Identity(before, 0), Identity(after, 1), StringComparer.Ordinal);
        Assert.NotEqual(Identity(after, 0), Identity(after, 1), StringComparer.Ordinal);
    }

    [Fact]
    public void A_waived_result_is_suppressed_with_its_reason_and_others_are_not()
    {
        var results = Run(JUnitReportTests.EveryVerdict())["results"]!.AsArray();

        Assert.Equal(4, results.Count);
        Assert.All(results, r => Assert.Equal(r!["properties"]!["verdict"]!.GetValue<string>() == "waived", r["suppressions"] is not null));
    }

    [Fact]
    public void A_path_is_a_relative_uri() => Assert.Contains("\"uri\": \"policies/my%20policy%23.yaml\"", Encoding.UTF8.GetString(SarifReport.Render(JUnitReportTests.EveryVerdict().Read(), "policies/my policy#.yaml")), StringComparison.Ordinal);

    [Fact]
    public void A_policy_named_by_the_report_leads_to_no_other_folder()
    {
        var report = JUnitReportTests.EveryVerdict();
        report["policy"]!["name"] = "../../secret/policy.yaml";

        Assert.DoesNotContain("/secret", Run(report)["artifacts"]![0]!["location"]!["uri"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_audit_without_gates_is_no_clean_run() => Assert.False(Run(SomeReport.OfAudit([]))["invocations"]![0]!["executionSuccessful"]!.GetValue<bool>());

    [Fact]
    public void A_report_without_an_audit_has_no_results() => Assert.Equal("MG1403", Assert.Throws<ReportException>(() => SarifReport.Render(SomeReport.OfEdit().Read())).Code);

    [Fact]
    public async Task The_multitool_of_the_format_finds_no_error()
    {
        var tool = SarifMultitool.Find();
        Assert.SkipWhen(tool is null, SarifMultitool.WhyAbsent);
        using var folder = new TemporaryFolder();
        foreach (var (name, report) in new[] { ("every.sarif", JUnitReportTests.EveryVerdict()), ("hostile.sarif", MarkdownReportTests.Hostile()), ("nothing.sarif", SomeReport.OfAudit([])) }) await File.WriteAllBytesAsync(folder[name], SarifReport.Render(report.Read(), "policies/shapes.yaml"));

        // The rules of the format and those of GitHub's code scanning.
        var finished = await ChildProcess.RunAsync(tool, ["validate", folder["*.sarif"], "--rule-kind", "Sarif;Ghas", "--output", folder["validation.json"]], folder.Path);

        Assert.True(File.Exists(folder["validation.json"]), finished.All);
        using var validation = JsonDocument.Parse(await File.ReadAllTextAsync(folder["validation.json"]));
        var results = validation.RootElement.GetProperty("runs").EnumerateArray().SelectMany(r => r.GetProperty("results").EnumerateArray()).Select(r => r.GetProperty("ruleId").GetString()!).ToArray();
        // The project has no address yet that the tool's description could name.
        Assert.Equal(["SARIF2005", "SARIF2005", "SARIF2005"], results, StringComparer.Ordinal);
        Assert.Equal(0, finished.ExitCode);
    }

    private static JsonNode Run(JsonObject report) => JsonNode.Parse(SarifReport.Render(report.Read()))!["runs"]![0]!;

    private static string Identity(JsonNode run, int result) => run["results"]![result]!["ruleId"]!.ToJsonString() + run["results"]![result]!["partialFingerprints"]!.ToJsonString();
}
