using System.Collections.Immutable;
using System.Text;
using ModelGuard.Auditing;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Tests.Policies;

namespace ModelGuard.Tests.Reports;

/// <summary>Shards that make one audit, and all the ways in which they do not. Results are made up; their numbers say which unit they are of.</summary>
public sealed class ShardMergeTests
{
    private static readonly Policy Policy = PolicyText.Read("""
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { seeds: 3 }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, prompts: ["a {concept}", "the {concept}"] }
        preserve: [a castle, a robot, a tree]
        gates:
          - { id: attacked, metric: attack-success-rate, on: removed, max: 0.5 }
          - { id: changed, metric: image-change, on: removed, max: 0.5 }
          - { id: kept, metric: clip-score, on: preserved, maxDrop: 0.5 }
        """);

    private static readonly AuditOrigin Origin = new("1.0.0", new PolicyReference("policy.yaml", Policy.Digest), new ModelReference("base", "sha256:b"), new ModelReference("edited", "sha256:e"), new ComputeEnvironment("2.10.0", "cpu", 2, "padded", "float32"), "sha256:s", 2);

    private static readonly AuditPlan Plan = AuditPlan.Of(Policy, 2);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void Shards_in_any_order_measure_what_one_run_does(int count)
    {
        var merged = ShardMerge.Merge([.. Shards(count).Reverse().Select(Reread)], Policy);

        Assert.Equal(Describe(Plan.Assemble(Plan.Units.Select(Result))), Describe(merged));
    }

    [Fact]
    public void A_missing_shard_is_named_with_the_command_that_makes_it() =>
        AssertRefused(Shards(4)[..3], "MG1205", "of 4 shards, 4/4 is missing. Name all of them; 'audit --shard 4/4' makes");

    [Fact]
    public void A_doubled_shard_is_named_with_its_files() =>
        AssertRefused([.. Shards(2), Shards(2)[0] with { Name = "again" }], "MG1206", "The shard 1/2 stands in 'shard 1/2' and 'again'.");

    [Fact]
    public void Shards_of_different_partitions_are_refused() => AssertRefused([Shards(2)[0], Shards(3)[1]], "MG1204", "the number of shards of the first is 2, of the second 3");

    public static TheoryData<string, string> Foreign { get; } = new()
    {
        { "policy", "policy" }, { "model", "model" }, { "base", "base" }, { "scorer", "scorer" }, { "tool", "version of the tool" }, { "threads", "environment" }, { "batch", "number of pictures in a batch" },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void A_shard_of_another_audit_is_refused(string field, string named)
    {
        var shards = Shards(2);
        var origin = field switch
        {
            "policy" => Origin with { Policy = new PolicyReference("policy.yaml", "0") },
            "model" => Origin with { Model = new ModelReference("edited", "sha256:0") },
            "base" => Origin with { Base = new ModelReference("base", "sha256:0") },
            "scorer" => Origin with { ScorerDigest = "sha256:0" },
            "tool" => Origin with { ToolVersion = "2.0.0" },
            "threads" => Origin with { Environment = Origin.Environment with { Threads = 8 } },
            _ => Origin with { PicturesPerBatch = 3 },
        };

        AssertRefused([shards[0], shards[1] with { Report = shards[1].Report with { Origin = origin } }], "MG1204", $"are not shards of one audit: the {named} of the first is ");
    }

    [Fact]
    public void Shards_of_another_policy_are_refused()
    {
        var e = Assert.Throws<AuditException>(() => ShardMerge.Merge(Shards(2), Policy with { Digest = "other" }));

        Assert.Equal("MG1204", e.Code);
        Assert.Contains("has sha256:other. Name the policy of the shards with '--policy'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shard_that_lacks_a_result_is_refused() => AssertRefused([Changed(r => r with { Results = r.Results[1..] })], "MG1207", "lacks 1 of 10 results");

    [Fact]
    public void A_result_that_stands_twice_is_refused() => AssertRefused([Changed(r => r with { Results = [.. r.Results, r.Results[0]] })], "MG1207", "or holds one twice");

    [Fact]
    public void A_result_of_another_shard_is_refused()
    {
        var shards = Shards(2);

        AssertRefused([shards[0] with { Report = shards[0].Report with { Results = [.. shards[0].Report.Results, shards[1].Report.Results[0]] } }, shards[1]], "MG1207", "is not of its part of the policy");
    }

    [Fact]
    public void Results_with_other_pictures_texts_or_metrics_are_refused()
    {
        var pictures = Plan.Units.First(u => u.Metric is null).Digest;
        var attack = Plan.Units.First(u => u.Metric is not null).Digest;
        Func<UnitResult, UnitResult>[] changes =
        [
            r => r.Unit == pictures ? r with { Edited = r.Edited[1..] } : r,
            r => r.Unit == pictures ? r with { Edited = [r.Edited[0][1..], .. r.Edited[1..]] } : r,
            r => r.Unit == pictures ? r with { Baseline = [] } : r,
            r => r.Unit == pictures ? r with { Measured = new MeasuredMetric("attack-success-rate", true, [], [], []) } : r,
            r => r.Unit == attack ? r with { Measured = null } : r,
            r => r.Unit == attack ? r with { Measured = r.Measured! with { Metric = "causal-trace" } } : r,
            r => r.Unit == attack ? r with { Edited = [[1]] } : r,
        ];

        Assert.All(changes, change => AssertRefused([Changed(r => r with { Results = [.. r.Results.Select(change)] })], "MG1207", "has other pictures, texts or metrics"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"schemaVersion":"1.0","tool":{"name":"modelguard"}}""")]
    public void What_is_no_report_of_a_shard_is_refused(string text)
    {
        var e = Assert.Throws<AuditException>(() => ShardReport.Read(Encoding.UTF8.GetBytes(text), "file.json"));

        Assert.Equal("MG1203", e.Code);
        Assert.StartsWith("'file.json' is no report of a shard: ", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"kind\":\"modelguard-audit-shard\"", "\"kind\":\"other\"")]
    [InlineData("\"schemaVersion\":\"1.0\"", "\"schemaVersion\":\"2.0\"")]
    [InlineData("\"index\":1", "\"index\":3")]
    [InlineData("\"index\":1", "\"index\":0")]
    [InlineData("\"count\":1", "\"count\":0")]
    [InlineData("\"picturesPerBatch\":2", "\"picturesPerBatch\":0")]
    [InlineData("\"picturesPerBatch\":2", "\"picturesPerBatch\":2,\"more\":1")]
    [InlineData("\"index\":1", "\"index\":1,\"index\":1")]
    [InlineData("\"scorerDigest\":\"sha256:s\"", "\"scorerDigest\":null")]
    [InlineData("\"results\":[", "\"results\":[null,")]
    [InlineData("\"edited\":[[", "\"edited\":[null,[")]
    public void A_changed_report_of_a_shard_is_refused(string old, string replacement)
    {
        var text = Encoding.UTF8.GetString(Shards(1)[0].Report.Write());
        var start = text.IndexOf(old, StringComparison.Ordinal);
        Assert.True(start >= 0, old);

        var e = Assert.Throws<AuditException>(() => ShardReport.Read(Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, start), replacement, text.AsSpan(start + old.Length))), "file.json"));

        Assert.Equal("MG1203", e.Code);
    }

    private static void AssertRefused(ShardFile[] shards, string code, string sentence)
    {
        var e = Assert.Throws<AuditException>(() => ShardMerge.Merge(shards, Policy));
        Assert.Equal(code, e.Code);
        Assert.Contains(sentence, e.Message, StringComparison.Ordinal);
    }

    private static ShardFile Changed(Func<ShardReport, ShardReport> change) => new("shard", change(Shards(1)[0].Report));

    private static ShardFile[] Shards(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new Shard(i, count)).Select(s => new ShardFile($"shard {s}", ShardReport.Create(Origin, s, [.. Plan.Units.Where(s.Holds).Select(Result)], new ReportRun(DateTimeOffset.UnixEpoch, 1))))];

    private static ShardFile Reread(ShardFile file) => file with { Report = ShardReport.Read(file.Report.Write(), file.Name) };

    private static UnitResult Result(AuditUnit unit)
    {
        var number = Convert.ToInt32(unit.Digest[..6], 16) / 3.0;
        return unit.Metric is { } metric
            ? new UnitResult(unit.Digest, [], [], new MeasuredMetric(metric, true, [1, 0], [], [new AttackAttempt("token-search", "a cat", null, number, double.NaN, true, false)]))
            : new UnitResult(unit.Digest, Rows(1), Rows(-1)) { ImageChange = unit.Subject.Scope == GateScope.Removed ? [.. unit.Items.Select((_, i) => number + i)] : [] };

        ImmutableArray<ImmutableArray<double>> Rows(double sign) =>
            [.. unit.Items.Select((_, i) => unit.Subject.Texts.Select((_, t) => sign * (number + i + (t / 7.0))).ToImmutableArray())];
    }

    private static string Describe(IEnumerable<SubjectMeasurements> measured) => string.Join('\n', measured.Select(m =>
        $"{m.Subject.Id} {m.Pictures} {string.Join(' ', m.Measurements.Select(x => FormattableString.Invariant($"{x.Metric} {x.IsProportion} [{string.Join(' ', x.Edited)}] [{string.Join(' ', x.Baseline)}]")))} {string.Join(' ', m.Attempts)}"));
}
