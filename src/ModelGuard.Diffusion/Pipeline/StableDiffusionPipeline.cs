using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>Stable Diffusion with classifier-free guidance (diffusers' <c>StableDiffusionPipeline</c>).</summary>
public sealed class StableDiffusionPipeline : IDisposable
{
    // Latent pixels that one batch may hold: two pictures of 512 × 512, or thirty-two of 128 × 128.
    private const long LatentPixelsPerBatch = 8192;
    private const int MaximumBatch = 32;
    private readonly Lazy<UNet2DConditionModel> unet;
    private readonly Lazy<AutoencoderKL> vae;
    private readonly CLIPTokenizer tokenizer;
    private readonly string folder;
    private readonly Device device;
    private readonly bool ownsNetworks;

    private StableDiffusionPipeline(string folder, Device device, CLIPTokenizer tokenizer, CLIPTextModel textEncoder, Lazy<UNet2DConditionModel> unet, Lazy<AutoencoderKL> vae, bool ownsNetworks)
    {
        this.folder = folder;
        this.device = device;
        this.tokenizer = tokenizer;
        TextEncoder = textEncoder;
        this.unet = unet;
        this.vae = vae;
        this.ownsNetworks = ownsNetworks;
    }

    /// <summary>The text encoder.</summary>
    public CLIPTextModel TextEncoder { get; }

    /// <summary>The tokenizer.</summary>
    public CLIPTokenizer Tokenizer => tokenizer;

    /// <summary>Loads a diffusers folder; UNet and VAE are read when the first picture is made.</summary>
    /// <param name="folder">The folder with <c>text_encoder</c>, <c>unet</c>, <c>vae</c>, <c>tokenizer</c>, <c>scheduler</c>.</param>
    /// <param name="device">Where to compute; the CPU when null.</param>
    /// <exception cref="CheckpointException">A component cannot be used.</exception>
    public static StableDiffusionPipeline Load(string folder, Device? device = null)
    {
        NativeBackend.EnsureLoaded();
        var place = device ?? CPU;
        return new StableDiffusionPipeline(
            folder,
            place,
            CLIPTokenizer.Load(Path.Combine(folder, "tokenizer")),
            CLIPTextModel.Load(Path.Combine(folder, "text_encoder")).to(place),
            new Lazy<UNet2DConditionModel>(() => UNet2DConditionModel.Load(Path.Combine(folder, "unet")).to(place)),
            new Lazy<AutoencoderKL>(() => AutoencoderKL.Load(Path.Combine(folder, "vae")).to(place)),
            ownsNetworks: true);
    }

    /// <summary>The same pipeline with another text encoder: UNet and VAE are shared and stay with this one.</summary>
    public StableDiffusionPipeline WithTextEncoder(CLIPTextModel textEncoder) => new(folder, device, tokenizer, textEncoder.to(device), unet, vae, ownsNetworks: false);

    /// <summary>Makes pictures, batch by batch, in the order of the items.</summary>
    /// <param name="items">Prompts and seeds.</param>
    /// <param name="settings">How.</param>
    /// <param name="latents">Initial latents [n, 4, h, w] instead of those of the seeds, before the scheduler's own scaling.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public IEnumerable<GeneratedPicture> Generate(IReadOnlyList<GenerationItem> items, GenerationSettings settings, Tensor? latents = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        var (height, width) = LatentSize(settings);
        var batch = (int)Math.Clamp(LatentPixelsPerBatch / (height * width), 1, MaximumBatch);
        for (var start = 0; start < items.Count; start += batch)
        {
            GenerationItem[] chunk = [.. items.Skip(start).Take(batch)];
            using var initial = latents is null ? InitialLatents(chunk, height, width) : latents.narrow(0, start, chunk.Length).clone();
            foreach (var picture in GenerateBatch(chunk, initial, settings, cancellation)) yield return picture;
            progress?.Report(new GenerationProgress(start + chunk.Length, items.Count));
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        TextEncoder.Dispose();
        if (!ownsNetworks) return;
        if (unet.IsValueCreated) unet.Value.Dispose();
        if (vae.IsValueCreated) vae.Value.Dispose();
    }

    private (long Height, long Width) LatentSize(GenerationSettings settings)
    {
        var factor = vae.Value.Config.DownFactor;
        return (Side(settings.Height, "height"), Side(settings.Width, "width"));

        long Side(int? pixels, string name)
        {
            if (pixels is null) return unet.Value.Config.SampleSize;
            return pixels > 0 && pixels % factor == 0
                ? pixels.Value / factor
                : throw new ArgumentOutOfRangeException(name, pixels, FormattableString.Invariant($"The {name} must be a positive multiple of {factor} pixels, by which this checkpoint's VAE shrinks pictures."));
        }
    }

    private Tensor InitialLatents(GenerationItem[] items, long height, long width)
    {
        using var scope = NewDisposeScope();
        return cat([.. items.Select(item =>
        {
            using var generator = new Generator(unchecked((ulong)item.Seed), CPU);
            return randn([1, unet.Value.Config.InChannels, height, width], generator: generator);
        })]).MoveToOuterDisposeScope();
    }

    private ImmutableArray<GeneratedPicture> GenerateBatch(GenerationItem[] items, Tensor initial, GenerationSettings settings, CancellationToken cancellation)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var guided = settings.GuidanceScale > 1;
        var context = EncodePrompts([.. items.Select(i => i.Prompt)]);
        if (guided) context = cat([EncodePrompts([settings.NegativePrompt]).expand(items.Length, -1, -1), context]);
        var scheduler = SchedulerFactory.Load(Path.Combine(folder, "scheduler"), settings.Scheduler);
        scheduler.SetTimesteps(settings.Steps);
        var latents = initial.to(device) * scheduler.InitNoiseSigma;
        foreach (var timestep in scheduler.Timesteps)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            using var t = tensor(timestep, device: device);
            var prediction = unet.Value.call(guided ? cat([latents, latents]) : latents, t, context);
            if (guided)
            {
                var halves = prediction.chunk(2);
                prediction = halves[0] + (settings.GuidanceScale * (halves[1] - halves[0]));
            }

            latents = scheduler.Step(prediction, timestep, latents).MoveToOuterDisposeScope();
        }

        (scheduler as IDisposable)?.Dispose();
        var pixels = (vae.Value.Decode(latents / vae.Value.Config.ScalingFactor) / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1);
        using var bytes = (pixels * 255).round().to(ScalarType.Byte).cpu().contiguous();
        return [.. items.Select((item, i) => new GeneratedPicture(item, ToImage(bytes[i]), latents[i].cpu().clone().DetachFromDisposeScope()))];
    }

    private Tensor EncodePrompts(IReadOnlyList<string> prompts)
    {
        var ids = prompts.SelectMany(p => tokenizer.Encode(p)).ToArray();
        return TextEncoder.call(tensor(ids, device: device).view(prompts.Count, -1)).LastHiddenState;
    }

    private static RgbImage ToImage(Tensor pixels)
    {
        using (pixels) return new RgbImage(checked((int)pixels.shape[1]), checked((int)pixels.shape[0]), pixels.bytes.ToArray());
    }
}
