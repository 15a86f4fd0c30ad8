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
    private readonly Checkpoint checkpoint;
    private readonly Device device;
    private readonly bool ownsNetworks;

    private StableDiffusionPipeline(Checkpoint checkpoint, Device device, CLIPTokenizer tokenizer, CLIPTextModel textEncoder, Lazy<UNet2DConditionModel> unet, Lazy<AutoencoderKL> vae, bool ownsNetworks)
    {
        this.checkpoint = checkpoint;
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

    /// <summary>The UNet, read on first use.</summary>
    public UNet2DConditionModel Unet => unet.Value;

    /// <summary>The VAE, read on first use.</summary>
    public AutoencoderKL Vae => vae.Value;

    /// <summary>Loads a checkpoint; UNet and VAE are read when the first picture is made.</summary>
    /// <param name="path">As for <see cref="Checkpoint.Open"/>.</param>
    /// <param name="device">Where to compute; the CPU when null.</param>
    /// <exception cref="CheckpointException">A component cannot be used.</exception>
    public static StableDiffusionPipeline Load(string path, Device? device = null) => Load(Checkpoint.Open(path), device);

    /// <summary>Loads a checkpoint; UNet and VAE are read when the first picture is made.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where to compute; the CPU when null.</param>
    /// <exception cref="CheckpointException">MG0262 for a family that is not run, or a component that cannot be used.</exception>
    public static StableDiffusionPipeline Load(Checkpoint checkpoint, Device? device = null)
    {
        NativeBackend.EnsureLoaded();
        checkpoint.RequireGeneration();
        var place = device ?? CPU;
        return new StableDiffusionPipeline(
            checkpoint,
            place,
            CLIPTokenizer.Load(checkpoint, "tokenizer"),
            CLIPTextModel.Load(checkpoint.Component("text_encoder")).to(place),
            new Lazy<UNet2DConditionModel>(() => UNet2DConditionModel.Load(checkpoint.Component("unet")).to(place)),
            new Lazy<AutoencoderKL>(() => AutoencoderKL.Load(checkpoint.Component("vae")).to(place)),
            ownsNetworks: true);
    }

    /// <summary>The same pipeline with another text encoder: UNet and VAE are shared and stay with this one.</summary>
    public StableDiffusionPipeline WithTextEncoder(CLIPTextModel textEncoder) => new(checkpoint, device, tokenizer, textEncoder.to(device), unet, vae, ownsNetworks: false);

    /// <summary>Makes pictures, batch by batch, in the order of the items.</summary>
    /// <param name="items">Prompts and seeds.</param>
    /// <param name="settings">How.</param>
    /// <param name="latents">Initial latents [n, 4, h, w] instead of those of the seeds, before the scheduler's own scaling.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">Settings or latents that this checkpoint cannot take.</exception>
    /// <exception cref="CheckpointException">MG0222 to MG0227 for a config, MG0229 for components of different models, MG0233 for weights that give no numbers.</exception>
    public IEnumerable<GeneratedPicture> Generate(IReadOnlyList<GenerationItem> items, GenerationSettings settings, Tensor? latents = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (!double.IsFinite(settings.GuidanceScale)) throw new ArgumentOutOfRangeException(nameof(settings), settings.GuidanceScale, "The guidance scale must be a number.");
        RequireOneModel();
        var (height, width) = LatentSize(settings, items.Count, latents);
        var scheduler = SchedulerFactory.Load(checkpoint.SchedulerConfig, settings.Scheduler);
        scheduler.SetTimesteps(settings.Steps);
        return Batches();

        IEnumerable<GeneratedPicture> Batches()
        {
            using var owned = scheduler as IDisposable;
            var batch = (int)Math.Clamp(LatentPixelsPerBatch / (height * width), 1, MaximumBatch);
            for (var start = 0; start < items.Count; start += batch)
            {
                GenerationItem[] chunk = [.. items.Skip(start).Take(batch)];
                using var initial = latents is null ? InitialLatents(chunk, height, width) : latents.narrow(0, start, chunk.Length).clone();
                foreach (var picture in GenerateBatch(chunk, initial, settings, scheduler, cancellation)) yield return picture;
                progress?.Report(new GenerationProgress(start + chunk.Length, items.Count));
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        TextEncoder.Dispose();
        if (!ownsNetworks) return;
        if (unet.IsValueCreated) Unet.Dispose();
        if (vae.IsValueCreated) Vae.Dispose();
    }

    /// <summary>Refuses components that do not fit together, which otherwise end in an error of LibTorch about shapes.</summary>
    private void RequireOneModel()
    {
        var (network, autoencoder, text) = (Unet.Config, Vae.Config, TextEncoder.Config);
        Require(network.InChannels == autoencoder.LatentChannels, "unet/in_channels", network.InChannels, "equal vae/latent_channels", autoencoder.LatentChannels);
        Require(network.OutChannels == autoencoder.LatentChannels, "unet/out_channels", network.OutChannels, "equal vae/latent_channels", autoencoder.LatentChannels);
        Require(network.CrossAttentionDim == text.HiddenSize, "unet/cross_attention_dim", network.CrossAttentionDim, "equal text_encoder/hidden_size", text.HiddenSize);
        Require(tokenizer.MaxLength <= text.MaxPositionEmbeddings, "tokenizer/model_max_length", tokenizer.MaxLength, "not exceed text_encoder/max_position_embeddings", text.MaxPositionEmbeddings);

        void Require(bool holds, string key, long value, string rule, long other)
        {
            if (!holds) throw new CheckpointException("MG0229", FormattableString.Invariant($"The components of '{checkpoint.Path}' do not make a text-to-image model: {key} is {value}; it must {rule}, which is {other}."), checkpoint.Path);
        }
    }

    private (long Height, long Width) LatentSize(GenerationSettings settings, int count, Tensor? latents)
    {
        var factor = Vae.Config.DownFactor;
        var sides = latents is { Dimensions: 4 } ? latents.shape[2..] : [Unet.Config.SampleSize, Unet.Config.SampleSize];
        long height = Side(settings.Height, "height", sides[0]), width = Side(settings.Width, "width", sides[1]);
        long[] expected = [count, Unet.Config.InChannels, height, width];
        return latents is null || latents.shape.SequenceEqual(expected)
            ? (height, width)
            : throw new ArgumentException(FormattableString.Invariant($"The initial latents have the shape [{string.Join(", ", latents.shape)}]; these pictures need [{string.Join(", ", expected)}]."), nameof(latents));

        long Side(int? pixels, string name, long otherwise)
        {
            if (pixels is null) return otherwise;
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
            return randn([1, Unet.Config.InChannels, height, width], generator: generator);
        })]).MoveToOuterDisposeScope();
    }

    private ImmutableArray<GeneratedPicture> GenerateBatch(GenerationItem[] items, Tensor initial, GenerationSettings settings, IScheduler scheduler, CancellationToken cancellation)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var guided = settings.GuidanceScale > 1;
        var context = EncodePrompts([.. items.Select(i => i.Prompt)]);
        if (guided) context = cat([EncodePrompts([settings.NegativePrompt]).expand(items.Length, -1, -1), context]);
        scheduler.SetTimesteps(settings.Steps);
        var latents = initial.to(ScalarType.Float32, device) * scheduler.InitNoiseSigma;
        foreach (var timestep in scheduler.Timesteps)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            using var t = tensor(timestep, device: device);
            var input = scheduler.ScaleModelInput(latents, timestep);
            var prediction = Unet.call(guided ? cat([input, input]) : input, t, context);
            if (guided)
            {
                var halves = prediction.chunk(2);
                prediction = halves[0] + (settings.GuidanceScale * (halves[1] - halves[0]));
            }

            latents = scheduler.Step(prediction, timestep, latents).MoveToOuterDisposeScope();
        }

        var decoded = Vae.Decode(latents / Vae.Config.ScalingFactor);
        RequireNumbers(items, latents, "latents");
        RequireNumbers(items, decoded, "a picture");
        var pixels = ((decoded / 2) + 0.5).clamp(0, 1).permute(0, 2, 3, 1);
        using var bytes = (pixels * 255).round().to(ScalarType.Byte).cpu().contiguous();
        return [.. items.Select((item, i) => new GeneratedPicture(item, ToImage(bytes[i]), latents[i].cpu().clone().DetachFromDisposeScope()))];
    }

    /// <summary>A picture of NaN shows nothing, so a judge would take a broken model for one that has forgotten its concepts.</summary>
    private void RequireNumbers(GenerationItem[] items, Tensor batch, string what)
    {
        using var finite = batch.isfinite().flatten(1).all(1).cpu();
        var broken = Array.FindIndex(finite.data<bool>().ToArray(), f => !f);
        if (broken >= 0)
        {
            throw new CheckpointException("MG0233", FormattableString.Invariant($"'{checkpoint.Path}' gave {what} with values that are no numbers (NaN or infinite) for '{items[broken].Prompt}' with seed {items[broken].Seed}. Its weights are damaged, or its scheduler's settings do not fit them."), checkpoint.Path);
        }
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
