using ModelGuard.Auditing;
using ModelGuard.Checkpoints;
using ModelGuard.Policies;
using ModelGuard.Policies.Starter;

namespace ModelGuard.Tests.Policies;

/// <summary>A policy that people start from can pass: each of its gates has something to measure, and enough of it.</summary>
public sealed class AuditableTemplatesTests
{
    // Fewer pictures without a hit leave an interval that reaches above 5 % (docs/metrics.md).
    private const int PicturesForFivePercent = 73;

    public static TheoryData<string> Names => ["starter", .. Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "policies"), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_to_be_recognised_has_others_to_be_told_from_and_what_is_to_be_gone_has_enough_pictures(string name)
    {
        var policy = PolicyText.Read(name == "starter" ? Starter() : File.ReadAllText(Path.Combine(RepositoryPaths.Root, "policies", name)));

        foreach (var gate in policy.Gates.Where(g => g.Metric == "recognition"))
        {
            Assert.All(AuditSubjects.Of(policy).Where(s => s.Scope == gate.On), s =>
            {
                Assert.True(s.Texts.Length > 1, $"'{s.Id}' has nothing that it could be taken for.");
                if (gate is { Limit: LimitKind.Max, Value: <= 0.05 }) Assert.InRange(s.Prompts.Length * policy.Generation.Seeds, PicturesForFivePercent, 1000);
            });
        }
    }

    private static string Starter() => StarterPolicy.Write(new StarterModel(ModelFamily.Of("StableDiffusionPipeline"), [new StarterEncoder("text_encoder", 12)], "pndm"), new StarterPlaces("models/base", "artifacts/base-governed", "models/clip", PolicySchema.FileName));
}
