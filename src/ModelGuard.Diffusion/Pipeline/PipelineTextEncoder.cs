using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>A text encoder of a pipeline.</summary>
/// <param name="Component">Its name, for example <c>text_encoder_2</c>.</param>
/// <param name="Model">The network.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
public sealed record PipelineTextEncoder(string Component, CLIPTextModel Model, CLIPTokenizer Tokenizer);
