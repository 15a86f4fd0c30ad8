using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Unet;

/// <summary>What a UNet is told beside the timestep; text states alone stand for themselves.</summary>
/// <param name="EncoderHiddenStates">Text states [n, tokens, width].</param>
/// <param name="TextEmbeds">Pooled text [n, projection]; for <c>text_time</c> embeddings only (SDXL).</param>
/// <param name="TimeIds">Sizes and crop [n, 6], with the same networks.</param>
public sealed record UNetConditions(Tensor EncoderHiddenStates, Tensor? TextEmbeds = null, Tensor? TimeIds = null)
{
    /// <summary>Text states alone.</summary>
    public static implicit operator UNetConditions(Tensor encoderHiddenStates) => new(encoderHiddenStates);

    /// <summary>Text states alone.</summary>
    public static UNetConditions FromTensor(Tensor encoderHiddenStates) => encoderHiddenStates;
}
