using System.Collections.Immutable;
using System.Text;
using ModelGuard.Auditing;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Auditing;

/// <summary>Gates that compare with an accepted model.</summary>
public sealed class GateBaselinesTests
{
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { seeds: 2 }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, prompts: ["a {concept}"] }
        preserve: [a castle]
        gates:
          - { id: kept, metric: clip-score, on: preserved, baseline: accepted.json, maxDrop: 5% }
        """;

    private static readonly Policy Policy = PolicyText.Read(Text);

    [Theory]
    // The accepted model scores 0.3 and 0.5, and this one a multiple of both.
    [InlineData(0.975, Verdict.Pass, 0.025)]
    [InlineData(1.025, Verdict.Pass, -0.025)]
    [InlineData(0.9, Verdict.Fail, 0.1)]
    public void A_relative_drop_is_a_share_of_the_baseline(double factor, Verdict verdict, double drop)
    {
        var outcome = Assert.Single(Gates.Judge(Policy, [Measured(Policy, [0.3 * factor, 0.5 * factor], [0.9, 0.9])], Load(Policy, Accepted())));

        Assert.Equal((verdict, drop), (outcome.Verdict, Math.Round(outcome.Statistic, 12)));
        Assert.Equal(0.4, outcome.Baseline!.Value, 12);
        Assert.Equal(new BaselineReference("accepted.json", BaselineFile.DigestOf(Accepted().Write())), outcome.ComparedWith);
        Assert.StartsWith("The relative drop of clip-score below the baseline's is ", outcome.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gate_without_a_baseline_compares_with_the_base()
    {
        var policy = PolicyText.Read(PolicyText.With("baseline: accepted.json, maxDrop: 5%", "maxDrop: 0.05", Text));

        var outcome = Assert.Single(Gates.Judge(policy, [Measured(policy, [0.4, 0.4], [0.9, 0.9])], GateBaselines.None));

        Assert.Equal((Verdict.Fail, 0.5), (outcome.Verdict, Math.Round(outcome.Statistic, 12)));
        Assert.Null(outcome.ComparedWith);
    }

    [Fact]
    public void A_baseline_is_read_back_as_it_was_written_also_without_numbers()
    {
        var file = BaselineFile.Create("1.2.3", "sha256:s", "sha256:m", Policy.Generation, [Measured(Policy, [1 / 3.0, double.NaN], [])]);

        Assert.Equal(file.Write(), BaselineFile.Read(file.Write())!.Write());
        Assert.Equal([1 / 3.0, double.NaN], BaselineFile.Read(file.Write())!.Concepts[0].Metrics[0].Values);
    }

    public static TheoryData<string, string> Unfit { get; } = new()
    {
        { "scorer", "it was made with the scorer sha256:other, and this audit uses sha256:s" },
        { "tool", "it was made by version 2.0.0 of the tool, and this is 1.9.0" },
        { "steps", "its pictures were made with ddim, 5 steps, a guidance scale of 7.5 and 2 seeds, and this audit makes them with ddim, 20 steps, " },
        { "concept", "it has nothing about 'a castle'" },
        { "scope", "it has nothing about 'a castle'" },
        { "prompts", "the prompts of 'a castle' were others" },
        { "texts", "the pictures of 'a castle' were compared with other texts" },
        { "values", "it holds 1 values of clip-score for 'a castle' instead of 2" },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void A_baseline_that_was_measured_otherwise_is_refused_at_its_place_in_the_policy(string what, string sentence)
    {
        var (file, castle) = (Accepted(), Accepted().Concepts[0]);
        file = what switch
        {
            "scorer" => file with { ScorerDigest = "sha256:other" },
            "tool" => file with { ToolVersion = "2.0.0" },
            "steps" => file with { Generation = file.Generation with { Steps = 5 } },
            "concept" => file with { Concepts = [castle with { Concept = "a tower" }] },
            "scope" => file with { Concepts = [castle with { Scope = "removed" }] },
            "prompts" => file with { Concepts = [castle with { Prompts = ["the castle"] }] },
            "texts" => file with { Concepts = [castle with { Texts = ["a castle", "a tower"] }] },
            _ => file with { Concepts = [castle with { Metrics = [new BaselineMetric("clip-score", [0.5])] }] },
        };

        var e = Assert.Throws<AuditException>(() => Load(Policy, file));

        Assert.Equal(("MG1209", 9, 62), (e.Code, e.Location!.Line, e.Location.Column));
        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData("", "is none of version 1.0")]
    [InlineData("null", "is none of version 1.0")]
    [InlineData("{\"kind\":\"modelguard-baseline\"}", "is none of version 1.0")]
    [InlineData("""{"kind":"modelguard-baseline","schemaVersion":"1.0","toolVersion":"1.0.0","scorerDigest":"s","modelDigest":"m","generation":{"scheduler":"ddim","steps":1,"guidanceScale":1,"seeds":1},"concepts":[null]}""", "is none of version 1.0")]
    public void What_is_no_baseline_is_refused(string? content, string sentence)
    {
        var e = Assert.Throws<AuditException>(() => GateBaselines.Load(Policy, "sha256:s", "1.9.0", _ => content is null ? null : Encoding.UTF8.GetBytes(content)));

        Assert.Equal("MG1208", e.Code);
        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clip-score, on: preserved, baseline: accepted.json, maxDrop: 5%", "clip-score, on: preserved, baseline: accepted.json, max: 5")]
    [InlineData("clip-score, on: preserved, baseline: accepted.json, maxDrop: 5%", "causal-trace, on: removed, baseline: accepted.json, maxDrop: 1")]
    public void A_baseline_needs_something_that_can_be_paired(string old, string replacement) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement, Text), "MG0137", 9, 25 + replacement.IndexOf("accepted", StringComparison.Ordinal), "A baseline holds a value for each picture");

    [Theory]
    [InlineData("maxDrop: 0.05", LimitKind.MaxDrop, 0.05)]
    [InlineData("maxDrop: 5%", LimitKind.MaxRelativeDrop, 0.05)]
    [InlineData("maxDrop: 0.5 %", LimitKind.MaxRelativeDrop, 0.005)]
    [InlineData("maxDrop: -10%", LimitKind.MaxRelativeDrop, -0.1)]
    [InlineData("maxRatio: 2", LimitKind.MaxRatio, 2)]
    public void A_drop_is_absolute_or_relative(string written, LimitKind limit, double value)
    {
        var gate = Assert.Single(PolicyText.Read(PolicyText.With("maxDrop: 5%", written, Text)).Gates);

        Assert.Equal((limit, value), (gate.Limit, gate.Value));
    }

    [Theory]
    [InlineData("maxDrop: 5%", "maxDrop: 101%", "'maxDrop' in percent must be from -100% to 100%, for example 5%; here stands '101%'.")]
    [InlineData("maxDrop: 5%", "maxDrop: 5%%", "in percent must be")]
    [InlineData("maxDrop: 5%", "maxDrop: much%", "'maxDrop' must be a number from -1000 to 1000")]
    [InlineData("maxDrop: 5%", "maxDrop: '5%'", "'maxDrop' must be a number from -1000 to 1000")]
    [InlineData("maxDrop: 5%", "maxRatio: 5%", "'maxRatio' must be a number from -1000 to 1000")]
    public void Other_percentages_are_refused(string old, string replacement, string sentence) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement, Text), "MG0113", 9, 78 + replacement.IndexOf(' ', StringComparison.Ordinal), sentence);

    private static BaselineFile Accepted() => BaselineFile.Create("1.0.0", "sha256:s", "sha256:m", Policy.Generation, [Measured(Policy, [0.3, 0.5], [])]);

    private static GateBaselines Load(Policy policy, BaselineFile file) => GateBaselines.Load(policy, "sha256:s", "1.9.0", path => path == "accepted.json" ? file.Write() : null);

    private static SubjectMeasurements Measured(Policy policy, ImmutableArray<double> edited, ImmutableArray<double> baseline) =>
        new(AuditSubjects.Of(policy).Single(s => s.Id == "a castle"), 2, [new Measurement("clip-score", false, edited, baseline), new Measurement("causal-trace", false, [1], [])]);
}
