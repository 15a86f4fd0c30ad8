using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>Prompts → what the UNet is told about them, in the way of one family of models.</summary>
internal interface IPromptEncoder
{
    /// <summary>Encodes prompts, one row each.</summary>
    PromptStates Encode(IReadOnlyList<string> prompts);

    /// <summary>What the UNet is told of the outputs of all text encoders.</summary>
    PromptStates Combine(IReadOnlyList<CLIPTextOutput> outputs);

    /// <summary>What stands against the prompt: one row for the negative prompt, or for none at all when it is null.</summary>
    PromptStates EncodeNegative(string? prompt);
}

/// <summary>What both families need.</summary>
internal static class PromptEncoding
{
    /// <summary>The states of prompts, padded to the tokenizer's length; without a mask, as Stable Diffusion was trained.</summary>
    public static CLIPTextOutput Run(PipelineTextEncoder encoder, IReadOnlyList<string> prompts, Device device)
    {
        var ids = prompts.SelectMany(p => encoder.Tokenizer.Encode(p)).ToArray();
        return encoder.Model.call(tensor(ids, device: device).view(prompts.Count, -1));
    }
}
