namespace ModelGuard.Diffusion.Pipeline;

/// <summary>How pictures are made.</summary>
public sealed record GenerationSettings
{
    /// <summary>Number of scheduler steps.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>Weight of the prompt against the unconditional prediction; 1 or less means no guidance.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary><c>ddim</c>, <c>pndm</c>, or null for the checkpoint's own.</summary>
    public string? Scheduler { get; init; }

    /// <summary>What the picture should not show; null for none, which Stable Diffusion XL tells from an empty text.</summary>
    public string? NegativePrompt { get; init; }

    /// <summary>Width in pixels; null for the size that the model was trained on.</summary>
    public int? Width { get; init; }

    /// <summary>Height in pixels; null for the size that the model was trained on.</summary>
    public int? Height { get; init; }

    /// <summary>Stable Diffusion XL: the size that the picture is told to have had before it was scaled; null for its own size.</summary>
    public PixelSize? OriginalSize { get; init; }

    /// <summary>Stable Diffusion XL: where the picture is told to have been cut out.</summary>
    public PixelOffset Crop { get; init; } = new(0, 0);

    /// <summary>Stable Diffusion XL: the size that the picture is told to have; null for its own size.</summary>
    public PixelSize? TargetSize { get; init; }
}
