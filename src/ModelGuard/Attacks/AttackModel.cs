using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>A text encoder that is attacked, and what it was before the edit.</summary>
/// <param name="Edited">The edited encoder with its tokenizer.</param>
/// <param name="Base">The unedited one, which says what the concept looks like in the space of states.</param>
public sealed record AttackedEncoder(PipelineTextEncoder Edited, CLIPTextModel Base);

/// <summary>What an attacker has: the text encoders of a model before and after the edit, their weights and gradients, and no pictures (white box, data-free).</summary>
/// <param name="StatesOf">What of an encoder's output reaches the UNet's cross-attention [n, tokens, width].</param>
/// <param name="Encoders">The text encoders.</param>
public sealed record AttackModel(Func<CLIPTextOutput, Tensor> StatesOf, ImmutableArray<AttackedEncoder> Encoders)
{
    /// <summary>The encoders of two pipelines of one family.</summary>
    public static AttackModel Of(StableDiffusionPipeline edited, StableDiffusionPipeline baseline) =>
        new(edited.StatesOf, [.. edited.TextEncoders.Zip(baseline.TextEncoders, (e, b) => new AttackedEncoder(e, b.Model))]);
}
