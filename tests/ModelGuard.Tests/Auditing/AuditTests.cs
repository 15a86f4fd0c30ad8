using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Tests.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Tests.Auditing;

/// <summary>Whole audits of the tiny checkpoint by the tiny scorer.</summary>
public sealed class AuditTests
{
    private static readonly Policy Policy = PolicyText.Read("""
        version: 1
        model: { base: b, output: o }
        scorer: s
        edit: { layers: [0], tokens: last-subject }
        generation: { steps: 2, seeds: 2, guidanceScale: 1 }
        concepts:
          - { id: van-gogh, action: remove, attribute: style, match: [van gogh], replaceWith: a painting, prompts: ["a house by {concept}", "{concept}"] }
          - { id: head, action: update, attribute: fact, match: [the president], from: a cat, to: a dog, prompts: ["{concept}"] }
        preserve: [a robot, a castle]
        gates:
          - { id: gone, metric: recognition, on: removed, max: 0.5 }
          - { id: lower, metric: clip-score, on: removed, maxRatio: 1 }
          - { id: kept, metric: clip-score, on: preserved, maxDrop: 0.5 }
        """);

    [Fact]
    public void Gates_on_traces_and_attacks_measure_removed_concepts_and_every_attempt_is_kept()
    {
        var policy = PolicyText.Read("""
            version: 1
            model: { base: b, output: o }
            scorer: s
            edit: { layers: [0], tokens: last-subject }
            generation: { steps: 1, seeds: 1, guidanceScale: 1 }
            attack: { prompts: 1, seeds: 1, iterations: 1, candidates: 4, tokens: 1, methods: [token-search, token-search-in-place, concept-vector, soft-prompt, closed-form] }
            concepts:
              - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, distractors: [dog], prompts: ["a {concept}"] }
            preserve: [a castle]
            gates:
              - { id: site, metric: causal-trace, on: removed, max: 0.5 }
              - { id: attacked, metric: attack-success-rate, on: removed, max: 0.5 }
            """);
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var baseline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        using var edited = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));

        var measured = Assert.Single(SomeAudit.Run(edited, baseline, scorer, policy));

        Assert.Contains(measured.Measurements, m => m.Metric == "causal-trace");
        var attacks = Assert.Single(measured.Measurements, m => m.Metric == "attack-success-rate");
        Assert.Equal(policy.Attack.Methods, measured.Attempts.Select(a => a.Attack), StringComparer.Ordinal);
        Assert.Equal(measured.Attempts.Select(a => a.WasPresent || a.Succeeded ? 1.0 : 0.0), attacks.Edited);
        Assert.All(measured.Attempts, a => Assert.True(double.IsFinite(a.DistanceAfter)));
    }

    [Fact]
    public void Two_audits_of_an_edited_checkpoint_give_the_same_report_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        EditedCheckpoint.Publish(Editing.SomeEdit.Tiny(), () => Editing.SomeEdit.Solve(Editing.SomeEdit.Tiny(), Policy), folder["edited"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var baseline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        using var edited = StableDiffusionPipeline.Load(folder["edited"]);
        var reported = new List<AuditProgress>();

        var kept = new List<AuditPicture>();
        var first = SomeAudit.Run(edited, baseline, scorer, Policy, new Reporter(reported.Add), kept.Add);
        var second = SomeAudit.Run(edited, baseline, scorer, Policy);

        // No gate looks at the updated concept, so it costs no pictures.
        Assert.Equal([("van-gogh", 4), ("a robot", 2), ("a castle", 2)], first.Select(m => (m.Subject.Id, m.Pictures)));
        Assert.All(first.SelectMany(m => m.Measurements.Select(x => (m.Pictures, x))), p => Assert.Equal((p.Pictures, p.Pictures), (p.x.Edited.Length, p.x.Baseline.Length)));
        Assert.Equal(Report(first), Report(second));
        // Keeping pictures changes nothing; each was offered once, under its own name.
        Assert.Equal(first.SelectMany(m => new[] { (m.Subject.Id, false, m.Pictures), (m.Subject.Id, true, m.Pictures) }), kept.GroupBy(p => (p.Subject.Id, p.IsBase)).Select(g => (g.Key.Id, g.Key.IsBase, g.Count())));
        Assert.Equal([("a house by van gogh", 0), ("a house by van gogh", 1), ("van gogh", 0), ("van gogh", 1)], kept.Where(p => p.Subject.Id == "van-gogh" && p.IsBase).Select(p => (p.Item.Prompt, (int)p.Item.Seed)));
        // The edit changes what it is about.
        var (score, scoreBefore) = (first[0].Measurements[0].Edited, first[0].Measurements[0].Baseline);
        Assert.NotEqual(score, scoreBefore);
        // (4 + 2 + 2) pictures of each model.
        AssertProgress(reported, 16, ["van-gogh", "a robot", "a castle"]);
    }

    [Fact]
    public void A_checkpoint_that_is_its_own_base_makes_its_pictures_once()
    {
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var reported = new List<AuditProgress>();
        var steps = 0;
        pipeline.Unet.register_forward_pre_hook((_, sample, timestep, context) =>
        {
            steps++;
            return (sample, timestep, context);
        });

        var measured = SomeAudit.Run(pipeline, pipeline, scorer, Policy, new Reporter(reported.Add));

        // Three concepts, a batch each, two steps.
        Assert.Equal(6, steps);
        Assert.All(measured.SelectMany(m => m.Measurements), m => Assert.Equal(m.Edited, m.Baseline));
        AssertProgress(reported, 8, ["van-gogh", "a robot", "a castle"]);
        var outcomes = Gates.Judge(Policy, measured, GateBaselines.None).ToDictionary(o => (o.Gate.Id, o.Concept));
        Assert.Equal((Verdict.Pass, 0.0), (outcomes[("kept", "a robot")].Verdict, outcomes[("kept", "a robot")].Statistic));
    }

    [Fact]
    public void Without_a_base_one_model_is_measured_and_comparisons_are_inconclusive()
    {
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        var reported = new List<AuditProgress>();

        var measured = SomeAudit.Run(pipeline, null, scorer, Policy, new Reporter(reported.Add));

        Assert.All(measured.SelectMany(m => m.Measurements), m => Assert.Empty(m.Baseline));
        AssertProgress(reported, 8, ["van-gogh", "a robot", "a castle"]);
        Assert.All(Gates.Judge(Policy, measured, GateBaselines.None).Where(o => o.Gate.Id is "lower" or "kept"), o => Assert.Equal(Verdict.Inconclusive, o.Verdict));
    }

    [Fact]
    public void Cancelling_stops_an_audit()
    {
        using var scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
        using var pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
        using var cancellation = new CancellationTokenSource();
        var measured = new List<UnitResult>();

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var m in new Audit(SomeAudit.Model(pipeline), null, SomeAudit.Scorer(scorer), Policy, ContentCache.None).Run(AuditPlan.Of(Policy, 32).Units, null, cancellation.Token))
            {
                measured.Add(m);
                cancellation.Cancel();
            }
        });

        Assert.Single(measured);
    }

    private static void AssertProgress(List<AuditProgress> reported, int total, string[] subjects)
    {
        Assert.All(reported, p => Assert.Equal(total, p.Total));
        Assert.Equal(total, reported[^1].Done);
        Assert.Equal(reported.Select(p => p.Done).Distinct().Order(), reported.Select(p => p.Done));
        Assert.Equal(subjects, reported.Select(p => p.Subject).Distinct(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private static string Report(SubjectMeasurements[] measured)
    {
        var outcomes = Gates.Judge(Policy, measured, GateBaselines.None);
        var bytes = ReportJson.Write(new EditReport
        {
            ToolVersion = "1.0",
            Policy = new PolicyReference("policy.yaml", Policy.Digest),
            Base = new ModelReference("base", "sha256:0"),
            Model = new ModelReference("edited", "sha256:1"),
            Environment = new ComputeEnvironment("2", "cpu", 1, "padded"),
            Audit = new AuditReport("sha256:2", Policy.Generation, Policy.FailOn, [.. measured], outcomes, Policy.Waivers, OverallVerdict.Of(outcomes, Policy.FailOn)),
        });
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private sealed class Reporter(Action<AuditProgress> report) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value) => report(value);
    }
}
