using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelGuard.Rendering.Markdown;

namespace ModelGuard.Rendering.Tests.Markdown;

public sealed partial class MarkdownReportTests
{
    private static readonly MarkdownOptions Options = new(SomeReport.Today) { Marker = "modelguard:report:main v1" };

    [Fact]
    public void All_pass() => Snapshot.Verify(Render(SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "pass", 0, displayName: "Artist A"), SomeReport.Gate("kept", "circle", "pass", 0.01, severity: "medium")])));

    [Fact]
    public void A_failure_comes_first_and_low_severities_are_said_not_to_count() => Snapshot.Verify(Render(SomeReport.OfAudit(
    [
        SomeReport.Gate("gone", "circle", "pass", 0),
        SomeReport.Gate("gone", "square", "fail", 0.9, severity: "low", line: 12),
        SomeReport.Gate("gone", "van-gogh", "fail", 1, severity: "critical", displayName: "Artist A", line: 26),
    ])));

    [Fact]
    public void Inconclusive_measured_or_not() => Snapshot.Verify(Render(SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "inconclusive", 0.05), SomeReport.Gate("gone", "star", "inconclusive", -1)])));

    [Fact]
    public void Waived_under_its_public_name() => Snapshot.Verify(Render(SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "waived", 0.7, displayName: "Artist A")], [SomeReport.Waiver("gone", "van-gogh", "2026-12-31")])));

    [Fact]
    public void Waivers_that_expire_soon_or_have_expired() => Snapshot.Verify(Render(SomeReport.OfAudit(
        [SomeReport.Gate("gone", "van-gogh", "waived", 0.7), SomeReport.Gate("gone", "star", "waived", 0.7), SomeReport.Gate("gone", "heart", "fail", 0.7)],
        [SomeReport.Waiver("gone", "van-gogh", "2026-03-24"), SomeReport.Waiver("gone", "star", "2026-03-25"), SomeReport.Waiver("gone", "heart", "2026-03-09")])));

    [Fact]
    public void No_baseline() => Snapshot.Verify(Render(SomeReport.OfAudit([SomeReport.Gate("gone", "van-gogh", "pass", 0, original: null)])));

    [Theory]
    [InlineData("max-relative-drop", "drop ≤ 5 %")]
    [InlineData("min-ratio", "≥ 0.05 × baseline")]
    public void A_gate_that_compares_with_a_baseline_says_so(string limit, string sentence)
    {
        var gate = SomeReport.Gate("kept", "circle", "pass", 0);
        (gate["limit"], gate["baseline"]) = (limit, new JsonObject { ["name"] = "accepted.json", ["digest"] = SomeReport.Digest("accepted") });

        Assert.Contains(sentence, Render(SomeReport.OfAudit([gate])), StringComparison.Ordinal);
    }

    [Fact]
    public void An_edit_without_an_audit() => Snapshot.Verify(Render(SomeReport.OfEdit()));

    [Fact]
    public void Two_hundred_concepts() => Snapshot.Verify(Render(Large(200)));

    [Fact]
    public void Hostile_names() => Snapshot.Verify(Render(Hostile()));

    [Theory]
    [InlineData(200)]
    [InlineData(2000)]
    [InlineData(8000)]
    public void Both_limits_hold_and_no_row_is_cut(int concepts)
    {
        var report = Large(concepts).Read();
        foreach (var (limit, length) in new (MarkdownLimit, Func<string, int>)[] { (MarkdownLimit.Comment, t => t.Length), (MarkdownLimit.JobSummary, Encoding.UTF8.GetByteCount) })
        {
            var text = MarkdownReport.Render(report, Options with { Limit = limit });
            Assert.InRange(length(text), 1, limit == MarkdownLimit.Comment ? 60_000 : 900 << 10);
            Assert.All(text.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)), row => Assert.EndsWith(" |", row, StringComparison.Ordinal));
            var (rows, leftOut) = (Rows(text, "concept-"), LeftOut().Matches(text).Sum(m => int.Parse(m.Groups["rows"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)));
            Assert.Equal(3 * concepts, rows + leftOut);
        }
    }

    [Fact]
    public void What_fits_is_not_left_out()
    {
        var whole = MarkdownReport.Render(Large(200).Read(), Options with { Limit = MarkdownLimit.JobSummary });

        Assert.Contains("Left out", Render(Large(200)), StringComparison.Ordinal);
        Assert.DoesNotContain("Left out", whole, StringComparison.Ordinal);
        Assert.Equal(whole, MarkdownReport.Render(Large(200).Read(), Options with { Limit = MarkdownLimit.None }));
    }

    [Fact]
    public void Nothing_that_differs_from_run_to_run_is_in_it()
    {
        var (first, second) = (Large(3), Large(3));
        second["run"] = new JsonObject { ["startedAt"] = "2027-01-01T00:00:00.000Z", ["durationMs"] = 5, ["machine"] = "other" };

        Assert.Equal(Render(first), Render(second));
    }

    [Fact]
    public void A_concept_with_a_public_name_is_called_nothing_else()
    {
        var text = Render(SomeReport.OfAudit(
            [SomeReport.Gate("gone", "van-gogh", "waived", 0.7, displayName: "Artist A"), SomeReport.Gate("lower", "van-gogh", "fail", 0.7, displayName: "Artist A")],
            [SomeReport.Waiver("gone", "van-gogh", "2026-03-24")]));

        Assert.DoesNotContain("van-gogh", text, StringComparison.Ordinal);
        Assert.Equal(3, Rows(text, "Artist A"));
    }

    [Fact]
    public void Hostile_names_leave_nothing_that_works()
    {
        var text = Render(Hostile());
        var lines = text.Split('\n');

        // Outside of code spans, nothing of a name is left: the rest is the same as with harmless names.
        Assert.DoesNotMatch(@"@\w", text);
        Assert.DoesNotContain("##[", text, StringComparison.Ordinal);
        Assert.DoesNotContain("::", text, StringComparison.Ordinal);
        Assert.All(lines, line => Assert.DoesNotMatch(@"(?i)(error|warning)\s+\S+\s*:", line));
        Assert.DoesNotMatch(@"[\p{Cc}\p{Cf}-[\n\u2060]]", text);
        var withoutCode = string.Join('\n', lines.Where(l => !l.StartsWith("|---", StringComparison.Ordinal)).Select(WithoutCode));
        Assert.All(HostileTexts.All, name => Assert.DoesNotContain(name.Trim(), name.Trim().Length > 2 ? withoutCode : "", StringComparison.Ordinal));
        Assert.All(lines.Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Replace("\\|", "", StringComparison.Ordinal).Count(c => c == '|')), bars => Assert.True(bars is 4 or 6 or 12, $"{bars} bars"));
    }

    [Theory]
    [InlineData("x --> <script>")]
    [InlineData("two\nlines")]
    public void A_marker_cannot_end_its_own_comment(string marker) => Assert.Throws<ArgumentException>(() => Options with { Marker = marker });

    internal static JsonObject Hostile() => SomeReport.OfAudit(
        [.. HostileTexts.All.Select((t, i) => SomeReport.Gate(t, $"c{i}", i % 2 == 0 ? "fail" : "waived", 0.5, displayName: t))],
        [.. HostileTexts.All.Select((t, i) => SomeReport.Waiver(t, $"c{i}", "2026-12-31", owner: t, reason: t)).Where((_, i) => i % 2 == 1)]);

    private static JsonObject Large(int concepts) => SomeReport.OfAudit(
        [.. Enumerable.Range(0, concepts).SelectMany(i => new[] { SomeReport.Gate("gone", $"concept-{i}", i % 10 == 0 ? "fail" : "pass", i % 10 == 0 ? 0.5 : 0, line: i + 10), SomeReport.Gate("lower", $"concept-{i}", "pass", 0.01, line: i + 10), SomeReport.Gate("kept", $"concept-{i}", i % 7 == 0 ? "inconclusive" : "pass", 0.02, line: i + 10) })]);

    // As the specification reads code spans: a run of backticks up to the next run of the same length.
    private static string WithoutCode(string line) => CodeSpan().Replace(line, "");

    private static int Rows(string text, string name) => text.Split('\n').Count(l => l.StartsWith($"| `{name}", StringComparison.Ordinal));

    private static string Render(JsonObject report) => MarkdownReport.Render(report.Read(), Options);

    [GeneratedRegex(@"(?<!`)(?<fence>`+)(?!`).*?(?<!`)\k<fence>(?!`)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\((?<rows>\d+) rows?\)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LeftOut();
}
