using System.Collections.Immutable;
using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tests.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Auditing;

/// <summary>How far pictures of an edited model are from the base's of the same prompts and seeds.</summary>
public sealed class ImageChangeTests : IDisposable
{
    private const string Text = """
        version: 1
        model: { base: b, output: o }
        scorer: s
        generation: { steps: 1, seeds: 2, guidanceScale: 1 }
        concepts:
          - { id: cat, action: remove, attribute: object, match: [cat], replaceWith: dog, prompts: ["{concept}", "the {concept}"] }
        preserve: [a castle]
        gates:
          - { id: same, metric: image-change, on: removed, max: 0.5 }
          - { id: pixels, metric: pixel-change, on: removed, max: 0.5 }
          - { id: kept, metric: clip-score, on: preserved, maxDrop: 0.5 }
        """;

    private static readonly Policy Policy = PolicyText.Read(Text);

    private readonly TemporaryFolder folder = new();
    private readonly ClipScorer scorer = ClipScorer.Load(Golden.Model("clip-tiny"));
    private readonly StableDiffusionPipeline baseline = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));
    private readonly StableDiffusionPipeline other = StableDiffusionPipeline.Load(Golden.Model("sd1-tiny"));

    public ImageChangeTests()
    {
        using var noGrad = no_grad();
        other.Unet.get_parameter("conv_out.weight")!.mul_(-3);
    }

    [Fact]
    public void Every_pair_of_pictures_has_its_distance_in_embeddings_and_in_pixels()
    {
        var plan = AuditPlan.Of(Policy, 3);
        var pictures = new List<AuditPicture>();

        var measured = SomeAudit.Run(new Audit(SomeAudit.Model(other, "edited"), SomeAudit.Model(baseline, "base"), SomeAudit.Scorer(scorer), Policy, Cache()) { Keep = pictures.Add }, plan);

        var pairs = pictures.Where(p => p.Subject.Id == "cat").GroupBy(p => p.Item).Select(g => (After: g.Single(p => !p.IsBase).Image, Before: g.Single(p => p.IsBase).Image)).ToArray();
        Assert.Equal(4, pairs.Length);
        var (images, pixels) = (Values(measured[0], "image-change"), Values(measured[0], "pixel-change"));
        Assert.Equal(pairs.Select(p => 1 - StructuralSimilarity.Of(p.After, p.Before)), pixels);
        Assert.All(pixels, p => Assert.InRange(p, 1e-4, 2));
        using var after = scorer.EmbedImages([.. pairs.Select(p => p.After)]);
        using var before = scorer.EmbedImages([.. pairs.Select(p => p.Before)]);
        using var cosines = (after * before).sum(1);
        Assert.All(cosines.data<float>().ToArray().Zip(images), p => Assert.Equal(1 - p.First, p.Second, 5));
        // No gate on preserved names asks for pixels.
        Assert.DoesNotContain(measured[1].Measurements, m => m.Metric == "pixel-change");
    }

    [Fact]
    public void Pixels_are_compared_once_and_known_afterwards_without_any_picture()
    {
        var plan = AuditPlan.Of(Policy, 3);
        var first = SomeAudit.Run(new Audit(SomeAudit.Model(other, "edited"), SomeAudit.Model(baseline, "base"), SomeAudit.Scorer(scorer), Policy, Cache()), plan);

        var again = new Audit(SomeAudit.Unloaded("edited"), SomeAudit.Unloaded("base"), SomeAudit.UnloadedScorer(), Policy, Cache());
        var second = SomeAudit.Run(again, plan);

        Assert.Equal(0, again.Drawn);
        Assert.Equal(Values(first[0], "pixel-change"), Values(second[0], "pixel-change"));
        // A gate that is added asks for pixels of pictures whose embeddings are known.
        var more = PolicyText.Read(PolicyText.With("metric: clip-score, on: preserved, maxDrop", "metric: pixel-change, on: preserved, max", Text));
        var added = new Audit(SomeAudit.Model(other, "edited"), SomeAudit.Model(baseline, "base"), SomeAudit.UnloadedScorer(), more, Cache());
        Assert.Contains(SomeAudit.Run(added, AuditPlan.Of(more, 3))[1].Measurements, m => m.Metric == "pixel-change" && m.Count == 2);
        Assert.Equal(4, added.Drawn);
    }

    [Fact]
    public void A_model_that_is_its_own_base_has_not_changed_at_all()
    {
        var model = SomeAudit.Model(baseline);

        var measured = SomeAudit.Run(new Audit(model, model, SomeAudit.Scorer(scorer), Policy, Cache()), AuditPlan.Of(Policy, 3));

        Assert.Equal([0, 0, 0, 0], Values(measured[0], "image-change"));
        Assert.Equal([0, 0, 0, 0], Values(measured[0], "pixel-change"));
    }

    [Theory]
    [InlineData("max", "maxDrop")]
    [InlineData("max", "minRatio")]
    public void What_is_a_difference_from_the_base_has_no_limit_that_compares_with_the_base(string old, string limit) =>
        PolicyText.AssertRefused(PolicyText.With($"image-change, on: removed, {old}", $"image-change, on: removed, {limit}", Text), "MG0142", 9, 5, "needs the limit max or min");

    public void Dispose()
    {
        scorer.Dispose();
        baseline.Dispose();
        other.Dispose();
        folder.Dispose();
    }

    private ContentCache Cache() => new(folder.Path, 100_000_000, TimeProvider.System);

    private static ImmutableArray<double> Values(SubjectMeasurements measured, string metric) => measured.Measurements.Single(m => m.Metric == metric).Edited;
}
