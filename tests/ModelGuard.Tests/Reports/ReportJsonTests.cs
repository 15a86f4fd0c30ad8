using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ModelGuard.Auditing;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Reports;

public sealed class ReportJsonTests
{
    private static readonly SourceLocation Star = new("/home/somebody/policies/policy.yaml", 12, 5);
    private static readonly EditFacts Facts = new("F16", 14, 154, 1.25, 0.125, 0.0625, 1234.5, 0.01, 1e-7, "sha256:aa", "sha256:bb");

    [Fact]
    public void A_report_looks_like_this() => Snapshot.Verify(Encoding.UTF8.GetString(ReportJson.Write(Report())));

    [Fact]
    public void Only_the_run_differs_from_run_to_run()
    {
        var (first, second) = (Report(), Report() with { Run = new RunFacts(new DateTimeOffset(2031, 1, 2, 3, 4, 5, TimeSpan.Zero), TimeSpan.FromHours(9), null, "Elsewhere") });

        Assert.Equal(WithoutRun(first), WithoutRun(second));
        Assert.NotEqual(ReportJson.Write(first), ReportJson.Write(second));
        Assert.Equal(ReportJson.Write(first with { Run = null }), ReportJson.Write(second with { Run = null }));

        static string WithoutRun(EditReport report)
        {
            var root = System.Text.Json.Nodes.JsonNode.Parse(ReportJson.Write(report))!.AsObject();
            Assert.True(root.Remove("run"));
            return root.ToJsonString();
        }
    }

    [Fact]
    public void Start_is_written_in_utc_and_the_file_ends_with_a_line()
    {
        var bytes = ReportJson.Write(Report() with { Run = new RunFacts(new DateTimeOffset(2026, 1, 1, 1, 30, 0, TimeSpan.FromHours(2)), TimeSpan.FromMilliseconds(1234.4), null, "m") });

        Assert.Equal((byte)'\n', bytes[^1]);
        Assert.DoesNotContain((byte)'\r', bytes);
        using var json = JsonDocument.Parse(bytes);
        var run = json.RootElement.GetProperty("run");
        Assert.Equal(("2025-12-31T23:30:00.000Z", 1234), (run.GetProperty("startedAt").GetString(), run.GetProperty("durationMs").GetInt32()));
        Assert.False(run.TryGetProperty("editMs", out _));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void What_is_no_number_is_null(double none)
    {
        var report = Report();
        var audit = report.Audit!;
        report = report with
        {
            Edits = [new EditedTensor("text_encoder", "w", 0, [], Facts with { FrobeniusDelta = none, RelativeDelta = none, MaxAbsDelta = none, ConditionNumber = none, Residual = none, RoundingError = none })],
            Audit = audit with
            {
                Measured = [audit.Measured[0] with { Measurements = [new Measurement("clip-score", false, [none], [none]), new Measurement("recognition", true, [], [])] }],
                Outcomes = [audit.Outcomes[0] with { Statistic = none, Interval = new Interval(none, none), Value = none, Baseline = none }],
            },
        };

        using var json = JsonDocument.Parse(ReportJson.Write(report));

        var tensor = json.RootElement.GetProperty("edit").GetProperty("tensors")[0];
        foreach (var key in new[] { "frobeniusDelta", "relativeDelta", "maxAbsDelta", "conditionNumber", "residual", "roundingError" }) Assert.Equal(JsonValueKind.Null, tensor.GetProperty(key).ValueKind);
        var metrics = json.RootElement.GetProperty("audit").GetProperty("measured")[0].GetProperty("metrics");
        Assert.Equal(JsonValueKind.Null, metrics.GetProperty("clip-score").GetProperty("value").ValueKind);
        Assert.Equal(JsonValueKind.Null, metrics.GetProperty("clip-score").GetProperty("base").ValueKind);
        Assert.Equal(JsonValueKind.Null, metrics.GetProperty("recognition").GetProperty("value").ValueKind);
        var gate = json.RootElement.GetProperty("audit").GetProperty("gates")[0];
        foreach (var key in new[] { "statistic", "value", "base", "low", "high" }) Assert.Equal(JsonValueKind.Null, gate.GetProperty(key).ValueKind);
    }

    [Fact]
    public void Numbers_survive_being_read_again()
    {
        double[] numbers = [0.1, 1.0 / 3, double.Epsilon, double.MaxValue, -1e-300, 12345678901234567];

        foreach (var number in numbers)
        {
            using var json = JsonDocument.Parse(ReportJson.Write(Report() with { Edits = [new EditedTensor("c", "w", 0, [], Facts with { Residual = number })] }));
            Assert.Equal(number, json.RootElement.GetProperty("edit").GetProperty("tensors")[0].GetProperty("residual").GetDouble());
        }
    }

    [Fact]
    public void No_folder_of_the_machine_is_in_a_report() => Assert.DoesNotContain("somebody", Encoding.UTF8.GetString(ReportJson.Write(Report())), StringComparison.Ordinal);

    private static EditReport Report()
    {
        var gate = new Gate("gone", "recognition", GateScope.Removed, LimitKind.MaxRatio, 0.5, Star);
        var subject = new AuditSubject("star", "Trademark \"B\" <é>", GateScope.Removed, Severity.High, ["a star", "a \"red\" star"], ["a picture of a star", "a picture of a circle"], null, Star);
        ImmutableArray<GateOutcome> outcomes =
        [
            new(gate, "star", subject.DisplayName, Severity.High, Star, Verdict.Waived, 0.25, new Interval(0.125, 0.375), 0.25, 1, 4, "Why. Waived by @alice: Accepted."),
            new(gate with { Id = "lower", Metric = "clip-score", Limit = LimitKind.Max }, "star", subject.DisplayName, Severity.High, Star, Verdict.Inconclusive, double.NaN, null, double.NaN, null, 0, "Nothing was measured."),
        ];
        return new EditReport
        {
            ToolVersion = "0.1.0",
            Policy = new PolicyReference("policy.yaml", "0123"),
            Base = new ModelReference("base", "sha256:4567"),
            Model = new ModelReference("governed", "sha256:89ab"),
            Environment = new ComputeEnvironment("2.10.0", "cpu", 2, "padded", "float32"),
            Edit = new EditSection("diff-quick-fix", [0], 0.01, TokenSelection.SubjectToEnd, 1, ["{}", "a {}"]),
            Edits = [new EditedTensor("text_encoder", CLIPTextLayers.OutProj(0) + ".weight", 0, [1, 2], Facts)],
            Audit = new AuditReport(
                "sha256:cdef",
                new GenerationSection("ddim", 20, 7.5, 2),
                Severity.Medium,
                [new SubjectMeasurements(subject, 4, [new Measurement("clip-score", false, [0.25, 0.5], [0.75, 0.25]), new Measurement("recognition", true, [1, 0], [])])],
                outcomes,
                [new Waiver("gone", "star", "@alice", "Accepted.", new DateOnly(2026, 12, 31), Star)],
                Verdict.Inconclusive),
            Run = new RunFacts(new DateTimeOffset(2026, 6, 15, 12, 0, 0, 250, TimeSpan.Zero), TimeSpan.FromSeconds(61.5), TimeSpan.FromMilliseconds(80), "Some system, X64"),
        };
    }
}
