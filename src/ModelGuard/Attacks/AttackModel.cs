using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Attacks;

/// <summary>A text encoder that is attacked, and what it was before the edit.</summary>
/// <param name="Edited">The edited encoder with its tokenizer.</param>
/// <param name="Base">The unedited one, which says what the concept looks like in the space of states.</param>
public sealed record AttackedEncoder(PipelineTextEncoder Edited, CLIPTextModel Base);

/// <summary>What an attacker has: both encoders of a pipeline, their weights and gradients, and no pictures (white box, data-free).</summary>
/// <param name="Edited">The edited pipeline.</param>
/// <param name="Encoders">Its text encoders.</param>
public sealed record AttackModel(StableDiffusionPipeline Edited, ImmutableArray<AttackedEncoder> Encoders)
{
    /// <summary>The encoders of two pipelines of one family.</summary>
    public static AttackModel Of(StableDiffusionPipeline edited, StableDiffusionPipeline baseline) =>
        new(edited, [.. edited.TextEncoders.Zip(baseline.TextEncoders, (e, b) => new AttackedEncoder(e, b.Model))]);
}
