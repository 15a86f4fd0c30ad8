using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;
using ModelGuard.Tests.Verdicts;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Auditing;

/// <summary>Audits that look at pictures while seeds are added, and stop.</summary>
public sealed class LooksTests
{
    // No cosine is above 2 or below −2, so that the first gate is clear at the first look that has a width, and the third never.
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { steps: 1, seeds: 5, looks: 3, guidanceScale: 1 }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, prompts: ["a {concept}", "the {concept}"] }
        preserve: [a castle, a robot]
        gates:
          - { id: low, metric: clip-score, on: removed, max: 1000 }
          - { id: kept, metric: clip-score, on: preserved, min: 1000 }
          - { id: unsure, metric: recognition, on: preserved, max: 0.5 }
        """;

    private static readonly Policy Policy = PolicyText.Read(Text);

    [Fact]
    public void Each_look_adds_seeds_of_all_prompts()
    {
        var cat = AuditPlan.Of(Policy, 32).Subjects[0];

        Assert.Equal(["0 1 0 1", "2 3 2 3", "4 4"], cat.Looks.Select(l => string.Join(' ', l.SelectMany(u => u.Items).Select(i => i.Seed))), StringComparer.Ordinal);
        Assert.Equal(10, cat.Pictures);
        Assert.Equal([1, 2, 3, 4], Enumerable.Range(1, 4).Select(l => SequentialDesign.SeedsAt(l, 4, 4)));
        Assert.Equal(SequentialDesign.ErrorRate, Enumerable.Range(1, 4).Sum(l => SequentialDesign.Spent((l - 1) / 4.0, l / 4.0)), 12);
    }

    [Fact]
    public void A_concept_on_which_all_gates_have_decided_is_drawn_no_further_and_its_report_is_that_of_an_audit_that_drew_all()
    {
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var plan = AuditPlan.Of(Policy, 3);
        var stop = new EarlyStop(Policy, plan, GateBaselines.None);
        var results = new List<UnitResult>();
        var audit = new Audit(SomeAudit.Model(pipeline, "edited"), SomeAudit.Model(pipeline, "base"), SomeAudit.Scorer(scorer), Policy, ContentCache.None) { IsNeedless = stop.IsNeedless };
        foreach (var result in audit.Run(plan.Units))
        {
            results.Add(result);
            stop.Add(result);
        }

        var stopped = Looks.Settle(Policy, plan.Assemble(results), GateBaselines.None);
        var whole = plan.Assemble(new Audit(SomeAudit.Model(pipeline, "edited"), SomeAudit.Model(pipeline, "base"), SomeAudit.Scorer(scorer), Policy, ContentCache.None).Run(plan.Units));

        // Of the cat one look of 2 × 2 pictures; of each preserved name, on which 'unsure' never decides, all 5; by both models.
        Assert.Equal(2 * (4 + 5 + 5), audit.Drawn);
        Assert.Equal([4, 5, 5], stopped.Select(m => m.Pictures));
        Assert.Equal([10, 5, 5], whole.Select(m => m.Pictures));
        Assert.Equal(Describe(stopped), Describe(Looks.Settle(Policy, whole, GateBaselines.None)));
        var outcomes = Gates.Judge(Policy, stopped, GateBaselines.None);
        Assert.Equal(new SequentialLook(1, 3, 10), outcomes[0].Look);
        Assert.Equal((Verdict.Pass, 4), (outcomes[0].Verdict, outcomes[0].Count));
        Assert.EndsWith(" Look 1 of 3, after 4 of 10 planned; the interval holds for all looks together.", outcomes[0].Explanation, StringComparison.Ordinal);
        // Each gate stands by the look at which it decided, also where another one needed more.
        Assert.Equal((Verdict.Fail, 2, new SequentialLook(1, 3, 5)), (outcomes[1].Verdict, outcomes[1].Count, outcomes[1].Look!));
        Assert.Equal((Verdict.Inconclusive, 5, new SequentialLook(3, 3, 5)), (outcomes[3].Verdict, outcomes[3].Count, outcomes[3].Look!));
    }

    [Fact]
    public void Values_that_agree_allow_for_others_before_the_last_look()
    {
        var gate = Some.Gate(LimitKind.MaxDrop, 0.1);
        var (edited, baseline) = (Enumerable.Range(0, 40).Select(i => 0.3 + (i % 2 * 0.2)), Enumerable.Range(0, 40).Select(i => 0.3 + (i % 2 * 0.2)));
        var same = new Measurement("clip-score", false, [.. edited], [.. baseline]) { Ends = [10, 40], Planned = 40, LookCount = 2 };

        var early = GateJudge.Judge(gate, same.UpTo(1)).Interval!;

        // 1 − (α/4)^(1/10) of what lies 0.2 apart, with α = 0.05 · (1/4)³.
        var unseen = 0.2 * (1 - Math.Pow(SequentialDesign.Spent(0, 0.25) / 4, 0.1));
        Assert.Equal((Math.Round(-unseen, 12), Math.Round(unseen, 12)), (Math.Round(early.Low, 12), Math.Round(early.High, 12)));
        Assert.Equal(new Interval(0, 0), GateJudge.Judge(gate, same).Interval);
        Assert.Equal(40, Looks.Decide(gate, same).Count);
        Assert.Equal((Verdict.Inconclusive, (Interval?)null), (GateJudge.Judge(gate, same with { Edited = [0.3], Baseline = [0.3], Ends = [1], Planned = 8 }).Verdict, GateJudge.Judge(gate, same with { Edited = [0.3], Baseline = [0.3], Ends = [1], Planned = 8 }).Interval));
    }

    [Theory]
    [InlineData("looks: 1", null)]
    [InlineData("looks: 5", 5)]
    public void One_look_is_a_fixed_sample(string looks, int? expected) => Assert.Equal(expected, PolicyText.Read(PolicyText.With("looks: 3", looks, Text)).Generation.Looks);

    [Fact]
    public void Looks_need_seeds() => PolicyText.AssertRefused(PolicyText.With("looks: 3", "looks: 6", Text), "MG0145", 4, 42, "6 looks need as many seeds");

    private static string Describe(IEnumerable<SubjectMeasurements> measured) => string.Join('\n', measured.Select(m =>
        $"{m.Subject.Id} {m.Pictures} [{string.Join(' ', m.LookEnds)}] {string.Join(' ', m.Measurements.Select(x => FormattableString.Invariant($"{x.Metric} [{string.Join(' ', x.Edited)}] [{string.Join(' ', x.Baseline)}] [{string.Join(' ', x.Ends)}] {x.Planned}")))}"));
}
