using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;

namespace ModelGuard.Tests.Auditing;

/// <summary>What an audit finds of earlier ones. The tiny checkpoint stands for both models, under two names.</summary>
public sealed class KeptResultsTests : IDisposable
{
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { steps: 1, seeds: 2, guidanceScale: 1 }
        attack: { prompts: 1, seeds: 1, iterations: 1, candidates: 4, tokens: 1, methods: [token-search] }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, distractors: [dog], prompts: ["a {concept}", "the {concept}"] }
          - { id: head, action: update, attribute: fact, match: [the president], from: a cow, to: a horse, prompts: ["{concept}"] }
        preserve: [a castle]
        gates:
          - { id: gone, metric: clip-score, on: removed, max: 0.5 }
          - { id: new, metric: preference, on: updated, min: 0.5 }
          - { id: kept, metric: clip-score, on: preserved, maxDrop: 0.5 }
        """;

    private readonly TemporaryFolder folder = new();
    private readonly ClipScorer scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
    private readonly StableDiffusionPipeline pipeline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));

    [Fact]
    public void A_second_audit_loads_nothing_and_finds_the_same()
    {
        var policy = PolicyText.Read(PolicyText.With("gates:", "gates:\n  - { id: site, metric: causal-trace, on: removed, max: 0.5 }\n  - { id: attacked, metric: attack-success-rate, on: removed, max: 0.5 }", Text));
        var plan = AuditPlan.Of(policy, 3);
        var first = SomeAudit.Run(Loaded(policy), plan);

        var again = new Audit(SomeAudit.Unloaded("edited"), SomeAudit.Unloaded("base"), SomeAudit.UnloadedScorer(), policy, Cache());
        var second = SomeAudit.Run(again, plan);

        Assert.Equal(0, again.Drawn);
        Assert.Equal(Describe(first), Describe(second));
        Assert.Contains(first[0].Attempts, a => a.Attack == "token-search");
    }

    [Theory]
    // 4 + 2 + 2 pictures of each model in batches of at most 3; what a change touches is drawn again.
    [InlineData("seeds: 2", "seeds: 2", 0)]
    [InlineData("prompts: [\"{concept}\"]", "prompts: [\"see {concept}\"]", 4)]
    [InlineData("distractors: [dog]", "distractors: [lamp, bird]", 0)]
    [InlineData("max: 0.5", "max: 0.25", 0)]
    [InlineData("preserve: [a castle]", "preserve: [a castle, a robot]", 4)]
    // The second batch of the concept holds its last picture alone.
    [InlineData("\"the {concept}\"", "\"the {concept}\", \"one {concept}\"", 6)]
    [InlineData("steps: 1", "steps: 2", 16)]
    public void Only_what_a_change_touches_is_drawn_again(string old, string replacement, int drawn)
    {
        var policy = PolicyText.Read(Text);
        SomeAudit.Run(Loaded(policy), AuditPlan.Of(policy, 3));

        var changed = PolicyText.Read(PolicyText.With(old, replacement, Text));
        var audit = Loaded(changed);
        SomeAudit.Run(audit, AuditPlan.Of(changed, 3));

        Assert.Equal(drawn, audit.Drawn);
    }

    [Fact]
    public void The_base_is_drawn_once_for_all_edited_models()
    {
        var policy = PolicyText.Read(Text);
        SomeAudit.Run(Loaded(policy), AuditPlan.Of(policy, 3));

        var audit = Loaded(policy, edited: "another");
        SomeAudit.Run(audit, AuditPlan.Of(policy, 3));

        Assert.Equal(8, audit.Drawn);
    }

    [Fact]
    public void An_interrupted_audit_goes_on_after_its_last_whole_batch_and_finds_what_an_undisturbed_one_does()
    {
        var policy = PolicyText.Read(Text);
        var plan = AuditPlan.Of(policy, 3);
        // Stopped after the first batch of both models, and one more of the first.
        foreach (var _ in Loaded(policy).Run(plan.Units).Take(1)) { }
        foreach (var _ in new Audit(SomeAudit.Model(pipeline, "edited"), null, SomeAudit.Scorer(scorer), policy, Cache()).Run(plan.Units).Take(2)) { }

        var audit = Loaded(policy);
        var resumed = SomeAudit.Run(audit, plan);
        var undisturbed = SomeAudit.Run(new Audit(SomeAudit.Model(pipeline), SomeAudit.Model(pipeline), SomeAudit.Scorer(scorer), policy, ContentCache.None), plan);

        Assert.Equal(16 - 3 - 3 - 1, audit.Drawn);
        Assert.Equal(Describe(undisturbed), Describe(resumed));
    }

    [Fact]
    public void Whoever_wants_to_see_pictures_gets_each_once_also_when_all_is_known()
    {
        var policy = PolicyText.Read(Text);
        var plan = AuditPlan.Of(policy, 3);
        SomeAudit.Run(Loaded(policy), plan);
        var (drawn, known) = (new List<AuditPicture>(), new List<AuditPicture>());

        var first = new Audit(SomeAudit.Model(pipeline, "edited"), SomeAudit.Model(pipeline, "base"), SomeAudit.UnloadedScorer(), policy, Cache()) { Keep = drawn.Add };
        SomeAudit.Run(first, plan);
        var second = new Audit(SomeAudit.Unloaded("edited"), SomeAudit.Unloaded("base"), SomeAudit.UnloadedScorer(), policy, Cache()) { Keep = known.Add };
        SomeAudit.Run(second, plan);

        Assert.Equal((16, 0), (first.Drawn, second.Drawn));
        Assert.Equal(16, known.Select(p => (p.Subject.Id, p.Item, p.IsBase)).Distinct().Count());
        Assert.Equal(drawn.Select(Describe), known.Select(Describe), StringComparer.Ordinal);

        static string Describe(AuditPicture p) => $"{p.Subject.Id} {p.Item} {p.IsBase} {p.Image.Width} {p.Image.Height} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(p.Image.Pixels))}";
    }

    [Fact]
    public void An_entry_that_holds_no_rows_is_computed_again()
    {
        Assert.Null(Embeddings.FromBytes([], 2));
        Assert.Null(Embeddings.FromBytes(new byte[12], 2));
        Assert.Equal((3, 2), Embeddings.FromBytes(new byte[24], 2) is { } rows ? (rows.Width, rows.Count) : default);
    }

    public void Dispose()
    {
        scorer.Dispose();
        pipeline.Dispose();
        folder.Dispose();
    }

    private Audit Loaded(Policy policy, string edited = "edited") => new(SomeAudit.Model(pipeline, edited), SomeAudit.Model(pipeline, "base"), SomeAudit.Scorer(scorer), policy, Cache());

    private ContentCache Cache() => new(folder.Path, 100_000_000, TimeProvider.System);

    private static string Describe(IEnumerable<SubjectMeasurements> measured) => string.Join('\n', measured.Select(m =>
        $"{m.Subject.Id} {m.Pictures} {string.Join(' ', m.Measurements.Select(x => FormattableString.Invariant($"{x.Metric} {x.IsProportion} [{string.Join(' ', x.Edited)}] [{string.Join(' ', x.Baseline)}]")))} {string.Join(' ', m.Attempts)}"));
}
