namespace ModelGuard.Diffusion.Pipeline;

/// <summary>How pictures are made.</summary>
public sealed record GenerationSettings
{
    /// <summary>Number of scheduler steps.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>Weight of the prompt against the unconditional prediction; 1 or less means no guidance.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>
    /// Share, from 0 to 1, by which a guided prediction is brought back to the spread of the prompt's own, against overexposure (Lin et al.,
    /// 2024, section 3.4).
    /// </summary>
    public double GuidanceRescale { get; init; }

    /// <summary>One of <see cref="Schedulers.SchedulerFactory.Names"/>, or null for the checkpoint's own.</summary>
    public string? Scheduler { get; init; }

    /// <summary>η of the scheduler ddim, from 0 to 1: the share of DDPM's noise that each step adds. 0 for the other schedulers.</summary>
    public double Eta { get; init; }

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
