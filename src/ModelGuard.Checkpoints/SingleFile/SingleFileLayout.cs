using System.Collections.Immutable;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>What a single file is: the family, and where its networks lie.</summary>
/// <param name="Family">The family.</param>
/// <param name="Generation">1, 2, or 10 for XL.</param>
/// <param name="Parts">The networks.</param>
internal sealed record SingleFileLayout(ModelFamily Family, int Generation, ImmutableArray<SingleFilePart> Parts)
{
    /// <summary>The generation of Stable Diffusion XL.</summary>
    public const int Xl = 10;

    private const string UnetPrefix = "model.diffusion_model.";
    private static readonly SingleFilePart Unet = new("unet", UnetPrefix, NetworkKind.Unet);
    private static readonly SingleFilePart Vae = new("vae", "first_stage_model.", NetworkKind.Vae);
    private static readonly SingleFilePart[] Encoders1 = [new("text_encoder", "cond_stage_model.transformer.", NetworkKind.Clip)];
    private static readonly SingleFilePart[] Encoders2 = [new("text_encoder", "cond_stage_model.model.", NetworkKind.OpenClip)];
    private static readonly SingleFilePart[] EncodersXl = [new("text_encoder", "conditioner.embedders.0.transformer.", NetworkKind.Clip), new("text_encoder_2", "conditioner.embedders.1.model.", NetworkKind.ProjectedOpenClip)];
    private static readonly SingleFilePart[] EncodersRefiner = [new("text_encoder_2", "conditioner.embedders.0.model.", NetworkKind.ProjectedOpenClip)];

    /// <summary>The text encoders as a pipeline names them.</summary>
    public ImmutableArray<TextEncoderSlot> TextEncoders => [.. Parts.Where(p => p.IsTextEncoder).Select(p => new TextEncoderSlot(p.Component, "tokenizer" + p.Component["text_encoder".Length..]))];

    /// <summary>The layout that a pipeline has in a single file.</summary>
    /// <param name="family">The pipeline.</param>
    /// <param name="isOpenClip">Whether its first text encoder is OpenCLIP's, as in Stable Diffusion 2.</param>
    /// <returns>Null for a family that has none here.</returns>
    public static SingleFileLayout? Of(ModelFamily family, bool isOpenClip) => family.PipelineClass switch
    {
        "StableDiffusionPipeline" or "StableDiffusionInpaintPipeline" => isOpenClip ? new(family, 2, [.. Encoders2, Unet, Vae]) : new(family, 1, [.. Encoders1, Unet, Vae]),
        "StableDiffusionXLPipeline" or "StableDiffusionXLInpaintPipeline" => new(family, Xl, [.. EncodersXl, Unet, Vae]),
        "StableDiffusionXLImg2ImgPipeline" => new(family, Xl, [.. EncodersRefiner, Unet, Vae]),
        _ => null,
    };

    /// <summary>Recognises a file by its tensors.</summary>
    /// <exception cref="CheckpointException">MG0269 for one that is no checkpoint of a known layout; the message says what it is.</exception>
    public static SingleFileLayout Recognize(IReadOnlyCollection<TensorInfo> tensors, string path)
    {
        if (ForeignFiles.Describe(tensors) is { } other) throw new CheckpointException("MG0269", $"'{path}' {other}", path);
        var isXl = Starts(EncodersXl[1]);
        var isRefiner = !isXl && Starts(EncodersRefiner[0]);
        var isOpenClip = Starts(Encoders2[0]);
        var channels = tensors.FirstOrDefault(t => t.Name == UnetPrefix + "input_blocks.0.0.weight") is { Shape: [_, var n, ..] } ? n : 4;
        var pipeline = (channels, isXl, isRefiner) switch
        {
            (4, true, _) => "StableDiffusionXLPipeline",
            (9, true, _) => "StableDiffusionXLInpaintPipeline",
            (4, _, true) => "StableDiffusionXLImg2ImgPipeline",
            (4, false, false) => "StableDiffusionPipeline",
            (9, false, false) => "StableDiffusionInpaintPipeline",
            _ => throw new CheckpointException("MG0269", FormattableString.Invariant($"'{path}' holds a UNet with {channels} input channels, {ForeignFiles.DescribeChannels(channels)}, which single files are not read of. Use a checkpoint of Stable Diffusion 1, 2 or XL."), path),
        };
        return Of(ModelFamily.Of(pipeline), isOpenClip)!;

        bool Starts(SingleFilePart part) => tensors.Any(t => t.Name.StartsWith(part.Prefix, StringComparison.Ordinal));
    }
}
