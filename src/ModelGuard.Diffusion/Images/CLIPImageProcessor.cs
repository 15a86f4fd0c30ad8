using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Images;

/// <summary>Resize the shortest edge, crop the centre, rescale, normalise (transformers' <c>CLIPImageProcessor</c>).</summary>
public sealed class CLIPImageProcessor
{
    private readonly int edge;
    private readonly int crop;
    private readonly float[] mean;
    private readonly float[] deviation;
    private readonly float factor;

    private CLIPImageProcessor(int edge, int crop, float[] mean, float[] deviation, float factor)
    {
        this.edge = edge;
        this.crop = crop;
        this.mean = mean;
        this.deviation = deviation;
        this.factor = factor;
    }

    /// <summary>Reads <c>preprocessor_config.json</c>, in the new form or the old one of plain integers.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0224 for what cannot be honoured.</exception>
    public static CLIPImageProcessor Load(string folder)
    {
        var config = ModelConfig.Read(Path.Combine(folder, "preprocessor_config.json"));
        config.Only("do_center_crop", "true").Only("do_convert_rgb", "true").Only("do_normalize", "true").Only("do_rescale", "true").Only("do_resize", "true").Only("resample", "3")
            .WithoutEffect("image_processor_type", "feature_extractor_type", "processor_class");
        var processor = new CLIPImageProcessor(
            Side(config, "size", "shortest_edge"),
            Side(config, "crop_size", "height"),
            [.. config.Numbers("image_mean", [0.48145466, 0.4578275, 0.40821073]).Select(v => (float)v)],
            [.. config.Numbers("image_std", [0.26862954, 0.26130258, 0.27577711]).Select(v => (float)v)],
            (float)config.Number("rescale_factor", 1 / 255.0));
        config.Complete();
        return processor;
    }

    /// <summary>The picture after resizing and cropping.</summary>
    public RgbImage ResizeAndCrop(RgbImage image)
    {
        var resized = Resize(image);
        if (resized.Width < crop || resized.Height < crop) throw new CheckpointException("MG0228", FormattableString.Invariant($"The preprocessor crops {crop} pixels out of pictures resized to {edge}; the crop must not be larger."));
        int left = (resized.Width - crop) / 2, top = (resized.Height - crop) / 2;
        var cropped = new byte[crop * crop * 3];
        for (var y = 0; y < crop; y++) resized.Pixels.Slice((((top + y) * resized.Width) + left) * 3, crop * 3).CopyTo(cropped.AsSpan(y * crop * 3));
        return new RgbImage(crop, crop, cropped);
    }

    /// <summary>The picture with its shortest edge resized; the other side is truncated, as the reference does.</summary>
    public RgbImage Resize(RgbImage image)
    {
        int shorter = Math.Min(image.Width, image.Height), longer = Math.Max(image.Width, image.Height);
        var other = (int)((double)edge * longer / shorter);
        return image.Width <= image.Height ? PillowResize.Bicubic(image, edge, other) : PillowResize.Bicubic(image, other, edge);
    }

    /// <summary>Pictures → normalised values [n, 3, crop, crop], float32.</summary>
    public Tensor Process(IReadOnlyList<RgbImage> images)
    {
        using var scope = NewDisposeScope();
        var planes = images.Select(image =>
        {
            using var bytes = tensor(ResizeAndCrop(image).Pixels.ToArray(), ScalarType.Byte);
            return bytes.view(crop, crop, 3).permute(2, 0, 1).to(ScalarType.Float32);
        }).ToArray();
        var values = (stack(planes) * factor - tensor(mean).view(1, 3, 1, 1)) / tensor(deviation).view(1, 3, 1, 1);
        return values.MoveToOuterDisposeScope();
    }

    private static int Side(ModelConfig config, string key, string inner)
    {
        try
        {
            return checked((int)config.Integer(key, 224));
        }
        catch (CheckpointException)
        {
            var section = config.Section(key);
            section.WithoutEffect("width");
            var side = checked((int)section.Integer(inner, 224));
            section.Complete();
            return side;
        }
    }
}
