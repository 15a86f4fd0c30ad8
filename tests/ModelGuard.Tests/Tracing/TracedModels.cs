using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Tracing;

namespace ModelGuard.Tests.Tracing;

/// <summary>Models that traces are tested on. The golden ones have random weights: their traces mean nothing and must still add up.</summary>
internal static class TracedModels
{
    public static readonly TheoryData<string> Families = ["sd1-tiny", "sd2-tiny", "sdxl-tiny"];

    public static TraceSettings Few { get; } = new() { Draws = 3, Prompts = 1 };

    public static TraceSubject OfGolden { get; } = new("a painting of a cat by van gogh at night", "van gogh", "castle", "a child", ["van gogh"]);

    public static StableDiffusionPipeline Golden(string name) => StableDiffusionPipeline.Load(Testing.Golden.Model(name));

    public static StableDiffusionPipeline Sample() => StableDiffusionPipeline.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model"));
}
