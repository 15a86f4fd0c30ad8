using System.Collections.Immutable;

namespace ModelGuard.Checkpoints;

/// <summary>A text encoder of a pipeline with its tokenizer.</summary>
/// <param name="Component">For example <c>text_encoder_2</c>.</param>
/// <param name="Tokenizer">For example <c>tokenizer_2</c>.</param>
public sealed record TextEncoderSlot(string Component, string Tokenizer);

/// <summary>What a checkpoint is, by the pipeline that its author made it for.</summary>
/// <param name="PipelineClass">diffusers' class, for example <c>StableDiffusionXLPipeline</c>.</param>
/// <param name="Name">What people call it; the class itself when it is not known here.</param>
/// <param name="CanGenerate">Whether its pictures can be made here.</param>
public sealed record ModelFamily(string PipelineClass, string Name, bool CanGenerate)
{
    private static readonly ImmutableArray<ModelFamily> Known =
    [
        new("StableDiffusionPipeline", "Stable Diffusion", true),
        new("StableDiffusionXLPipeline", "Stable Diffusion XL", true),
        new("StableDiffusion3Pipeline", "Stable Diffusion 3", false),
        new("FluxPipeline", "FLUX", false),
        new("IFPipeline", "DeepFloyd IF", false),
        new("StableDiffusionInpaintPipeline", "Stable Diffusion inpainting", false),
        new("StableDiffusionXLInpaintPipeline", "Stable Diffusion XL inpainting", false),
        new("StableDiffusionXLImg2ImgPipeline", "Stable Diffusion XL refiner", false),
        new("PixArtAlphaPipeline", "PixArt-α", false),
        new("KandinskyV22Pipeline", "Kandinsky 2.2", false),
    ];

    /// <summary>Name and class, as messages write them.</summary>
    public string Description => Name == PipelineClass ? $"'{PipelineClass}'" : $"{Name} ('{PipelineClass}')";

    /// <summary>The family of a pipeline's class.</summary>
    public static ModelFamily Of(string pipelineClass) => Known.FirstOrDefault(f => f.PipelineClass == pipelineClass) ?? new ModelFamily(pipelineClass, pipelineClass, false);
}
