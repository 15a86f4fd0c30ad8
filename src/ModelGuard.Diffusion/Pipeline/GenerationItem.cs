using ModelGuard.Diffusion.Images;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>One picture to make.</summary>
/// <param name="Prompt">What it should show.</param>
/// <param name="Seed">Seed of its initial latents: those of diffusers with <c>torch.Generator("cpu").manual_seed(seed)</c>.</param>
public sealed record GenerationItem(string Prompt, long Seed);

/// <summary>A picture that was made.</summary>
/// <param name="Item">What was asked for.</param>
/// <param name="Image">The picture.</param>
/// <param name="Latents">Its final latents [4, h, w], on the CPU; the caller disposes them.</param>
public sealed record GeneratedPicture(GenerationItem Item, RgbImage Image, Tensor Latents);

/// <summary>How far a generation is.</summary>
/// <param name="Done">Finished pictures.</param>
/// <param name="Total">All pictures.</param>
public sealed record GenerationProgress(int Done, int Total);
