using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Diffusion.Vae;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>Stable Diffusion 1, 2 and XL with classifier-free guidance (diffusers' <c>StableDiffusionPipeline</c> and <c>StableDiffusionXLPipeline</c>).</summary>
public sealed class StableDiffusionPipeline : IDisposable
{
    private readonly Lazy<UNet2DConditionModel> unet;
    private readonly Lazy<AutoencoderKL> vae;
    private readonly Checkpoint checkpoint;
    private readonly Device device;
    private readonly ScalarType dtype;
    private readonly ImmutableArray<CLIPTextModel> ownEncoders;
    private readonly bool ownsNetworks;

    private StableDiffusionPipeline(Checkpoint checkpoint, Device device, ScalarType dtype, ImmutableArray<PipelineTextEncoder> textEncoders, Lazy<UNet2DConditionModel> unet, Lazy<AutoencoderKL> vae, ImmutableArray<CLIPTextModel> ownEncoders, bool ownsNetworks)
    {
        this.checkpoint = checkpoint;
        this.device = device;
        this.dtype = dtype;
        TextEncoders = textEncoders;
        this.unet = unet;
        this.vae = vae;
        this.ownEncoders = ownEncoders;
        this.ownsNetworks = ownsNetworks;
    }

    /// <summary>Where the networks come from; text encoders that were put in later are not of it.</summary>
    public Checkpoint Checkpoint => checkpoint;

    /// <summary>The text encoders with their tokenizers: one, or the two of Stable Diffusion XL.</summary>
    public ImmutableArray<PipelineTextEncoder> TextEncoders { get; }

    /// <summary>The first text encoder.</summary>
    public CLIPTextModel TextEncoder => TextEncoders[0].Model;

    /// <summary>The first tokenizer.</summary>
    public CLIPTokenizer Tokenizer => TextEncoders[0].Tokenizer;

    /// <summary>The UNet, read on first use.</summary>
    public UNet2DConditionModel Unet => unet.Value;

    /// <summary>The VAE, read on first use; always float32, because it overflows in narrower types (<c>force_upcast</c>).</summary>
    public AutoencoderKL Vae => vae.Value;

    private IPromptEncoder PromptEncoder => IsXL
        ? new StableDiffusionXLPromptEncoder(TextEncoders, checkpoint.PipelineFlag("force_zeros_for_empty_prompt", true), device)
        : new StableDiffusionPromptEncoder(TextEncoders[0], device);

    private bool IsXL => checkpoint.Family.PipelineClass == "StableDiffusionXLPipeline";

    /// <summary>Loads a checkpoint; UNet and VAE are read when the first picture is made.</summary>
    /// <param name="path">As for <see cref="Checkpoint.Open"/>.</param>
    /// <param name="device">Where to compute; the CPU when null.</param>
    /// <param name="dtype">The type that UNet and text encoders compute in.</param>
    /// <exception cref="CheckpointException">A component cannot be used.</exception>
    public static StableDiffusionPipeline Load(string path, Device? device = null, ScalarType dtype = ScalarType.Float32) => Load(Checkpoint.Open(path), device, dtype);

    /// <summary>Loads a checkpoint; UNet and VAE are read when the first picture is made.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where to compute; the CPU when null.</param>
    /// <param name="dtype">The type that UNet and text encoders compute in.</param>
    /// <exception cref="CheckpointException">MG0222 or MG0262 for a model that is not run, or a component that cannot be used.</exception>
    public static StableDiffusionPipeline Load(Checkpoint checkpoint, Device? device = null, ScalarType dtype = ScalarType.Float32)
    {
        NativeBackend.EnsureLoaded();
        NativeBackend.KeepLargeBlocks();
        checkpoint.RequireGeneration();
        if (checkpoint.PipelineFlag("requires_aesthetics_score", false))
        {
            throw new CheckpointException("MG0222", $"'{checkpoint.Path}' sets 'requires_aesthetics_score' to true, as refiners do; pictures are made from text by base models only.", checkpoint.Path);
        }

        var place = device ?? CPU;
        ImmutableArray<PipelineTextEncoder> encoders = [.. checkpoint.TextEncoders.Select(slot =>
            new PipelineTextEncoder(slot.Component, CLIPTextModel.Load(checkpoint.Component(slot.Component), dtype).MoveTo(place), CLIPTokenizer.Load(checkpoint, slot.Tokenizer)))];
        return new StableDiffusionPipeline(
            checkpoint,
            place,
            dtype,
            encoders,
            new Lazy<UNet2DConditionModel>(() => UNet2DConditionModel.Load(checkpoint.Component("unet"), dtype).MoveTo(place)),
            new Lazy<AutoencoderKL>(() => AutoencoderKL.Load(checkpoint.Component("vae")).MoveTo(place)),
            [.. encoders.Select(e => e.Model)],
            ownsNetworks: true);
    }

    /// <summary>The same pipeline with another text encoder; everything else is shared and stays with this one.</summary>
    /// <exception cref="ArgumentException">The pipeline has no such component.</exception>
    public StableDiffusionPipeline WithTextEncoder(CLIPTextModel textEncoder, string component = "text_encoder") =>
        WithTextEncoders(new Dictionary<string, CLIPTextModel>(StringComparer.Ordinal) { [component] = textEncoder });

    /// <summary>The same pipeline with other text encoders, by component; everything else is shared and stays with this one.</summary>
    /// <exception cref="ArgumentException">The pipeline has no such component.</exception>
    public StableDiffusionPipeline WithTextEncoders(IReadOnlyDictionary<string, CLIPTextModel> textEncoders)
    {
        if (textEncoders.Keys.FirstOrDefault(k => TextEncoders.All(e => e.Component != k)) is { } unknown)
        {
            throw new ArgumentException($"'{checkpoint.Path}' has no text encoder '{unknown}'; it has {string.Join(" and ", TextEncoders.Select(e => $"'{e.Component}'"))}.", nameof(textEncoders));
        }

        return new StableDiffusionPipeline(
            checkpoint,
            device,
            dtype,
            [.. TextEncoders.Select(e => textEncoders.TryGetValue(e.Component, out var other) ? e with { Model = other.MoveTo(device) } : e)],
            unet,
            vae,
            [.. textEncoders.Values],
            ownsNetworks: false);
    }

    /// <summary>Makes pictures, batch by batch, in the order of the items.</summary>
    /// <param name="items">Prompts and seeds.</param>
    /// <param name="settings">How.</param>
    /// <param name="latents">Initial latents [n, 4, h, w] instead of those of the seeds, before the scheduler's own scaling.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">Settings or latents that this checkpoint cannot take.</exception>
    /// <exception cref="CheckpointException">MG0222 to MG0227 for a config, MG0229 for components of different models, MG0233 for weights that give no numbers.</exception>
    public IEnumerable<GeneratedPicture> Generate(IReadOnlyList<GenerationItem> items, GenerationSettings settings, Tensor? latents = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default) =>
        Generate(items, null, settings, latents, progress, cancellation);

    /// <summary>Makes pictures from text states that somebody else made or changed; the prompts of the items are only their names.</summary>
    /// <param name="items">Names and seeds.</param>
    /// <param name="states">What <see cref="Combine"/> gives, one row an item.</param>
    /// <param name="settings">How.</param>
    /// <param name="areTogether">Whether all are computed in one batch, however many they are: for hooks that carry states from one row to another.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">Settings that this checkpoint cannot take, or another number of rows than of items.</exception>
    /// <exception cref="CheckpointException">As for the other overload.</exception>
    public IEnumerable<GeneratedPicture> Generate(IReadOnlyList<GenerationItem> items, PromptStates states, GenerationSettings settings, bool areTogether = false, IProgress<GenerationProgress>? progress = null, CancellationToken cancellation = default) =>
        states.States.shape[0] == items.Count
            ? Generate(items, states, settings, null, progress, cancellation, areTogether)
            : throw new ArgumentException(FormattableString.Invariant($"{items.Count} pictures need as many rows of text states, not {states.States.shape[0]}."), nameof(states));

    /// <summary>What the UNet is told of the outputs of all text encoders, in the order of <see cref="TextEncoders"/>.</summary>
    public PromptStates Combine(IReadOnlyList<CLIPTextOutput> outputs) => PromptEncoder.Combine(outputs);

    /// <summary>What the UNet is told of prompts, one row each; the caller disposes it.</summary>
    public PromptStates Encode(IReadOnlyList<string> prompts)
    {
        using var noGrad = no_grad();
        return PromptEncoder.Encode(prompts);
    }

    /// <summary>What of one text encoder's output reaches the UNet's cross-attention [n, tokens, width]: the last state after the final norm, in Stable Diffusion XL the one before the last layer.</summary>
    public Tensor StatesOf(CLIPTextOutput output) => IsXL ? output.HiddenStates[^2] : output.LastHiddenState;

    /// <summary>How many pictures are computed together.</summary>
    /// <exception cref="ArgumentException">A size that this checkpoint cannot make.</exception>
    public int PicturesPerBatch(GenerationSettings settings)
    {
        var (height, width) = LatentSize(settings, 1, null);
        return PictureBatches.Of(height, width);
    }

    private IEnumerable<GeneratedPicture> Generate(IReadOnlyList<GenerationItem> items, PromptStates? states, GenerationSettings settings, Tensor? latents, IProgress<GenerationProgress>? progress, CancellationToken cancellation, bool areTogether = false)
    {
        if (!double.IsFinite(settings.GuidanceScale)) throw new ArgumentOutOfRangeException(nameof(settings), settings.GuidanceScale, "The guidance scale must be a number.");
        if (settings.GuidanceRescale is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(settings), settings.GuidanceRescale, "The guidance rescale must be from 0 to 1.");
        RequireOneModel();
        PictureSizes.RequireSizes(Unet.Config, settings);
        var (height, width) = LatentSize(settings, items.Count, latents);
        var scheduler = SchedulerFactory.Load(checkpoint.SchedulerConfig, settings.Scheduler, settings.Eta);
        scheduler.SetTimesteps(settings.Steps);
        return Batches();

        IEnumerable<GeneratedPicture> Batches()
        {
            using var owned = scheduler as IDisposable;
            var batch = areTogether ? Math.Max(1, items.Count) : PictureBatches.Of(height, width);
            for (var start = 0; start < items.Count; start += batch)
            {
                GenerationItem[] chunk = [.. items.Skip(start).Take(batch)];
                using var noise = new SeededNoise(chunk.Select(i => i.Seed));
                using var initial = latents is null ? noise.Draw(Unet.Config.InChannels, height, width) : latents.narrow(0, start, chunk.Length).clone();
                foreach (var picture in GenerateBatch(chunk, initial, RowsOf(states, start, chunk.Length), settings, scheduler, noise, areTogether, cancellation)) yield return picture;
                progress?.Report(new GenerationProgress(start + chunk.Length, items.Count));
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var encoder in ownEncoders) encoder.Dispose();
        if (!ownsNetworks) return;
        if (unet.IsValueCreated) Unet.Dispose();
        if (vae.IsValueCreated) Vae.Dispose();
    }

    /// <summary>Before the networks, which are gigabytes, are read for the first time.</summary>
    private void RequireOneModel() => new PipelineChecks(checkpoint.Path).RequireOneModel(
        unet.IsValueCreated ? Unet.Config : UNet2DConditionModel.ReadConfig(checkpoint.Component("unet")),
        vae.IsValueCreated ? Vae.Config : AutoencoderKL.ReadConfig(checkpoint.Component("vae")),
        TextEncoders,
        IsXL);

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

    private static Func<PromptStates>? RowsOf(PromptStates? states, int start, int count) => states is null ? null : () => states.Rows(Enumerable.Range(start, count).Select(i => (long)i));

    private ImmutableArray<GeneratedPicture> GenerateBatch(GenerationItem[] items, Tensor initial, Func<PromptStates>? given, GenerationSettings settings, IScheduler scheduler, SeededNoise noise, bool areTogether, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var guided = settings.GuidanceScale > 1;
        var conditions = Conditions(given?.Invoke() ?? PromptEncoder.Encode([.. items.Select(i => i.Prompt)]), settings, initial.shape, guided);
        scheduler.SetTimesteps(settings.Steps);
        var latents = initial.to(ScalarType.Float32, device) * scheduler.InitNoiseSigma;
        foreach (var timestep in scheduler.Timesteps)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            using var t = tensor((float)timestep, device: device);
            var input = scheduler.ScaleModelInput(latents, timestep);

            // Hooks over rows find both halves from the first layer on; without them the UNet doubles the latents where text comes in.
            var prediction = Unet.call((guided && areTogether ? cat([input, input]) : input).to(dtype), t, conditions).to(ScalarType.Float32);
            if (guided)
            {
                var halves = prediction.chunk(2);
                prediction = halves[0] + (settings.GuidanceScale * (halves[1] - halves[0]));
                if (settings.GuidanceRescale > 0) prediction = Rescale(prediction, halves[1], settings.GuidanceRescale);
            }

            latents = scheduler.Step(prediction, timestep, latents, noise.Like).MoveToOuterDisposeScope();
        }

        var decoded = Vae.Decode(latents / Vae.Config.ScalingFactor);
        RequireNumbers(items, latents, "latents");
        RequireNumbers(items, decoded, "a picture");
        var pixels = ((decoded / 2) + 0.5).clamp(0, 1).permute(0, 2, 3, 1);
        using var bytes = (pixels * 255).round().to(ScalarType.Byte).cpu().contiguous();
        return [.. items.Select((item, i) => new GeneratedPicture(item, ToImage(bytes[i]), latents[i].cpu().clone().DetachFromDisposeScope()))];
    }

    private static Tensor Rescale(Tensor guided, Tensor conditional, double share)
    {
        long[] all = [.. Enumerable.Range(1, guided.shape.Length - 1)];
        var rescaled = guided * (conditional.std(all, keepdim: true) / guided.std(all, keepdim: true));
        return (share * rescaled) + ((1 - share) * guided);
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

    /// <summary>Text and sizes for every picture: with guidance first those of the negative prompt.</summary>
    private UNetConditions Conditions(PromptStates states, GenerationSettings settings, long[] latents, bool guided)
    {
        if (guided) states = PromptEncoder.EncodeNegative(settings.NegativePrompt).RepeatedBefore(states, checked((int)states.States.shape[0]));
        var factor = Vae.Config.DownFactor;
        var picture = new PixelSize(checked((int)(latents[2] * factor)), checked((int)(latents[3] * factor)));
        var sizes = PictureSizes.TimeIds(Unet.Config, settings, picture, checked((int)states.States.shape[0]), device);
        return new UNetConditions(states.States.to(dtype), states.Pooled?.to(dtype), sizes);
    }

    private static RgbImage ToImage(Tensor pixels)
    {
        using (pixels) return new RgbImage(checked((int)pixels.shape[1]), checked((int)pixels.shape[0]), pixels.bytes.ToArray());
    }
}
