using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Vae;

/// <summary>Pictures ↔ latents (diffusers' <c>AutoencoderKL</c>).</summary>
public sealed class AutoencoderKL : Module
{
    internal const double NormEps = 1e-6;

    /// <summary>Above 64 MB glibc maps each block anew on all threads but the first: a fifth of a decode went into page faults.</summary>
    private const long LargeBlock = 64 << 20;
    private readonly Encoder encoder;
    private readonly Decoder decoder;
    private readonly Layers.Conv2d quant_conv;
    private readonly Layers.Conv2d post_quant_conv;

    /// <summary>Creates the model with empty weights.</summary>
    public AutoencoderKL(AutoencoderKLConfig config)
        : base(nameof(AutoencoderKL))
    {
        Config = config;
        encoder = new Encoder(config);
        decoder = new Decoder(config);
        quant_conv = new Layers.Conv2d(config.LatentChannels * 2, config.LatentChannels * 2, 1);
        post_quant_conv = new Layers.Conv2d(config.LatentChannels, config.LatentChannels, 1);
        RegisterComponents();
    }

    /// <summary>The settings.</summary>
    public AutoencoderKLConfig Config { get; }

    /// <summary>Loads a component folder (<c>config.json</c>, <c>diffusion_pytorch_model.safetensors</c>), with attention names of any age.</summary>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static AutoencoderKL Load(string folder, ScalarType dtype = ScalarType.Float32) => Load(Component.OfFolder(folder), dtype);

    /// <summary>Loads the network of a checkpoint.</summary>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static AutoencoderKL Load(Component component, ScalarType dtype = ScalarType.Float32)
    {
        NativeBackend.EnsureLoaded();
        var settings = ReadConfig(component);
        using var weights = component.OpenWeights();
        var isLegacy = weights.TryGet("decoder.mid_block.attentions.0.query.weight", out _);
        return ModuleWeights.Create(() => new AutoencoderKL(settings), weights, dtype, nameInWeights: isLegacy ? LegacyName : null);
    }

    /// <summary>Reads only the settings of a component.</summary>
    /// <exception cref="CheckpointException">The config cannot be used.</exception>
    public static AutoencoderKLConfig ReadConfig(Component component)
    {
        var config = ModelConfig.Parse(component.Config);
        var settings = AutoencoderKLConfig.From(config);
        config.Complete();
        return settings;
    }

    /// <summary>Pictures [n, 3, h, w] in −1…1 → moments of the latents, not scaled.</summary>
    public LatentMoments Encode(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var moments = quant_conv.call(encoder.call(pictures)).chunk(2, 1);
        return new LatentMoments(moments[0].MoveToOuterDisposeScope(), moments[1].clamp(-30, 20).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// Latents [n, 4, h, w], not scaled → pictures [n, 3, h·f, w·f], about −1…1. Without gradients, as many pictures at a time as keep activations
    /// within <see cref="LargeBlock"/>; no layer mixes pictures.
    /// </summary>
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var atOnce = is_grad_enabled() ? latents.shape[0] : Math.Max(1, LargeBlock / DecodedBytes(latents));
        if (latents.shape[0] <= atOnce) return decoder.call(post_quant_conv.call(latents)).MoveToOuterDisposeScope();
        return cat([.. latents.split(atOnce).Select(Decode)]).MoveToOuterDisposeScope();
    }

    /// <summary>Bytes of the largest activation of one picture: what comes into the decoder's last block.</summary>
    private long DecodedBytes(Tensor latents)
    {
        var factor = Config.DownFactor;
        return Config.BlockOutChannels[Math.Min(1, Config.BlockOutChannels.Length - 1)] * latents.shape[2] * factor * latents.shape[3] * factor * latents.ElementSize;
    }

    // Checkpoints written before diffusers 0.14.
    private static string LegacyName(string name) => name.Contains(".attentions.", StringComparison.Ordinal)
        ? name.Replace(".to_q.", ".query.", StringComparison.Ordinal).Replace(".to_k.", ".key.", StringComparison.Ordinal).Replace(".to_v.", ".value.", StringComparison.Ordinal).Replace(".to_out.0.", ".proj_attn.", StringComparison.Ordinal)
        : name;
}
