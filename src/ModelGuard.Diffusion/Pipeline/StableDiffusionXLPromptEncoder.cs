using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>
/// Stable Diffusion XL (Podell et al., 2024): the states before the last layer of both encoders side by side, without a final norm, and the
/// projected pooled row of the second.
/// </summary>
/// <param name="encoders">Both encoders.</param>
/// <param name="zerosForNone">Whether no negative prompt means zeros (<c>force_zeros_for_empty_prompt</c>), or else an empty text.</param>
/// <param name="device">Where to compute.</param>
internal sealed class StableDiffusionXLPromptEncoder(ImmutableArray<PipelineTextEncoder> encoders, bool zerosForNone, Device device) : IPromptEncoder
{
    /// <inheritdoc />
    public PromptStates Encode(IReadOnlyList<string> prompts) => Combine([.. encoders.Select(e => PromptEncoding.Run(e, prompts, device))]);

    /// <inheritdoc />
    public PromptStates Combine(IReadOnlyList<CLIPTextOutput> outputs) => new(cat([.. outputs.Select(o => o.HiddenStates[^2])], -1), outputs[^1].TextEmbeds);

    /// <inheritdoc />
    public PromptStates EncodeNegative(string? prompt)
    {
        var states = Encode([prompt ?? ""]);
        return prompt is null && zerosForNone ? new PromptStates(zeros_like(states.States), states.Pooled is { } pooled ? zeros_like(pooled) : null) : states;
    }
}
