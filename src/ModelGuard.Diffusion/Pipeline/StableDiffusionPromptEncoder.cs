using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>Stable Diffusion 1 and 2: the last state of one encoder, after its final norm.</summary>
internal sealed class StableDiffusionPromptEncoder(PipelineTextEncoder encoder, Device device) : IPromptEncoder
{
    /// <inheritdoc />
    public PromptStates Encode(IReadOnlyList<string> prompts) => Combine([PromptEncoding.Run(encoder, prompts, device)]);

    /// <inheritdoc />
    public PromptStates Combine(IReadOnlyList<CLIPTextOutput> outputs) => new(outputs[0].LastHiddenState);

    /// <inheritdoc />
    public PromptStates EncodeNegative(string? prompt) => Encode([prompt ?? ""]);
}
