using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Blocks;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Unet;

/// <summary>The network that predicts the noise of latents, given a timestep and text states (diffusers' <c>UNet2DConditionModel</c>).</summary>
public sealed class UNet2DConditionModel : Module<Tensor, Tensor, UNetConditions, Tensor>
{
    private readonly Layers.Conv2d conv_in;
    private readonly TimestepEmbedding time_embedding;
    private readonly TimestepEmbedding? add_embedding;
    private readonly ModuleList<DownBlock> down_blocks;
    private readonly UNetMidBlock2DCrossAttn mid_block;
    private readonly ModuleList<UpBlock> up_blocks;
    private readonly Layers.GroupNorm conv_norm_out;
    private readonly Layers.Conv2d conv_out;

    /// <summary>Creates the model with empty weights.</summary>
    public UNet2DConditionModel(UNet2DConditionConfig config)
        : base(nameof(UNet2DConditionModel))
    {
        Config = config;
        var channels = config.BlockOutChannels;
        var time = channels[0] * 4;
        conv_in = new Layers.Conv2d(config.InChannels, channels[0], 3, padding: 1);
        time_embedding = new TimestepEmbedding(channels[0], time);
        add_embedding = config.AdditionEmbedding is { } addition ? new TimestepEmbedding(addition.InputDim, time) : null;
        down_blocks = new ModuleList<DownBlock>([.. Enumerable.Range(0, channels.Length).Select(i => new DownBlock(config, i, channels[Math.Max(i - 1, 0)], time))]);
        mid_block = new UNetMidBlock2DCrossAttn(config, time);
        up_blocks = new ModuleList<UpBlock>([.. Enumerable.Range(0, channels.Length).Select(i => new UpBlock(config, i, time))]);
        conv_norm_out = new Layers.GroupNorm(config.NormNumGroups, channels[0], config.NormEps);
        conv_out = new Layers.Conv2d(channels[0], config.OutChannels, 3, padding: 1);
        RegisterComponents();
    }

    /// <summary>The settings.</summary>
    public UNet2DConditionConfig Config { get; }

    /// <summary>Loads a component folder (<c>config.json</c>, <c>diffusion_pytorch_model.safetensors</c>).</summary>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static UNet2DConditionModel Load(string folder, ScalarType dtype = ScalarType.Float32) => Load(Component.OfFolder(folder), dtype);

    /// <summary>Loads the network of a checkpoint.</summary>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static UNet2DConditionModel Load(Component component, ScalarType dtype = ScalarType.Float32)
    {
        NativeBackend.EnsureLoaded();
        var settings = ReadConfig(component);
        using var weights = component.OpenWeights();
        return ModuleWeights.Create(() => new UNet2DConditionModel(settings), weights, dtype);
    }

    /// <summary>Reads only the settings of a component.</summary>
    /// <exception cref="CheckpointException">The config cannot be used.</exception>
    public static UNet2DConditionConfig ReadConfig(Component component)
    {
        var config = ModelConfig.Parse(component.Config);
        var settings = UNet2DConditionConfig.From(config);
        config.Complete();
        return settings;
    }

    /// <summary>
    /// Latents [n, 4, h, w], timesteps [n] or one (any number type), text states and, for SDXL, what is added to the time embedding → prediction
    /// [n, 4, h, w]. Fewer latents than text states stand for themselves again and again: [m, 4, h, w] with [k·m, tokens, width] give
    /// [k·m, 4, h, w], and what does not depend on text is computed for m rows.
    /// </summary>
    /// <exception cref="ArgumentException">A <c>text_time</c> network is called without pooled text or sizes, or the rows do not fit each other.</exception>
    public override Tensor forward(Tensor sample, Tensor timestep, UNetConditions conditions)
    {
        using var scope = NewDisposeScope();
        var context = conditions.EncoderHiddenStates;
        var timesteps = timestep.flatten();

        // Times of their own, and sizes, make rows differ from the first layer on.
        if (timesteps.shape[0] > 1 || add_embedding is not null)
        {
            sample = BatchRows.Repeat(sample, context.shape[0]);
            timesteps = timesteps.expand(sample.shape[0]);
        }

        var time = time_embedding.call(Sinusoids(timesteps, Config.BlockOutChannels[0]).to(sample.dtype));
        if (add_embedding is not null && Config.AdditionEmbedding is { } addition) time += add_embedding.call(Addition(conditions, addition).to(sample.dtype));
        var hidden = conv_in.call(sample);
        var skips = new List<Tensor> { hidden };
        foreach (var block in down_blocks)
        {
            skips.AddRange(block.call(hidden, time, context));
            hidden = skips[^1];
        }

        hidden = mid_block.call(hidden, time, context);
        foreach (var block in up_blocks)
        {
            var taken = skips[^block.SkipCount..];
            skips.RemoveRange(skips.Count - block.SkipCount, block.SkipCount);
            var next = skips.Count > 0 ? skips[^1].shape[2..] : hidden.shape[2..];
            hidden = block.call(new UpBlockInput(hidden, taken, time, context, next));
        }

        return conv_out.call(functional.silu(conv_norm_out.call(hidden))).MoveToOuterDisposeScope();
    }

    private Tensor Sinusoids(Tensor timesteps, long channels) => TimestepEmbedding.Sinusoids(timesteps, channels, Config.FlipSinToCos, Config.FreqShift);

    // Pooled text, then the sinusoids of all six sizes.
    private Tensor Addition(UNetConditions conditions, AdditionEmbedding addition)
    {
        if (conditions is not { TextEmbeds: { } pooled, TimeIds: { } sizes }) throw new ArgumentException("A UNet with text_time embeddings needs pooled text and sizes.", nameof(conditions));
        return cat([pooled, Sinusoids(sizes.flatten(), addition.TimeEmbedDim).view(pooled.shape[0], -1)], -1);
    }
}
