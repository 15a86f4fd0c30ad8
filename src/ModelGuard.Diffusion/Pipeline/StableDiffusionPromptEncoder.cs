using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>Stable Diffusion 1 and 2: the last state of one encoder, after its final norm.</summary>
internal sealed class StableDiffusionPromptEncoder(PipelineTextEncoder encoder, Device device) : IPromptEncoder
{
    /// <inheritdoc />
    public PromptStates Encode(IReadOnlyList<string> prompts) => new(PromptEncoding.Run(encoder, prompts, device).LastHiddenState);

    /// <inheritdoc />
    public PromptStates EncodeNegative(string? prompt) => Encode([prompt ?? ""]);
}
