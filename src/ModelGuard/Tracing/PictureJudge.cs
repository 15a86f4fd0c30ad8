using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Tracing;

/// <summary>What a trace needs to look at pictures.</summary>
/// <param name="Scorer">The CLIP that judges.</param>
/// <param name="Settings">How pictures are made.</param>
/// <param name="Store">Scores of pictures that were drawn before.</param>
public sealed record PictureJudge(ClipScorer Scorer, GenerationSettings Settings, ScoreStore Store)
{
    internal PictureScores Scores(StableDiffusionPipeline pipeline, TraceSubject subject) => new(pipeline, Scorer, Settings, subject.Texts, Store);
}
