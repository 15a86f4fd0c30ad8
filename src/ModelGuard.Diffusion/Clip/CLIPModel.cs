using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Layers;
using ModelGuard.Diffusion.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Both towers and their projections into one space (transformers' <c>CLIPModel</c>).</summary>
public sealed class CLIPModel : Module
{
    // ln(1 / 0.07), where training starts.
    private const double InitialLogitScale = 2.6592;
    private readonly CLIPTextTransformer text_model;
    private readonly CLIPVisionTransformer vision_model;
    private readonly Layers.Linear visual_projection;
    private readonly Layers.Linear text_projection;
    private readonly Parameter logit_scale;

    /// <summary>Creates the model with empty weights.</summary>
    public CLIPModel(CLIPTextConfig text, CLIPVisionConfig vision, long projectionDim)
        : base(nameof(CLIPModel))
    {
        TextConfig = text;
        VisionConfig = vision;
        text_model = new CLIPTextTransformer(text);
        vision_model = new CLIPVisionTransformer(vision);
        visual_projection = new Layers.Linear(vision.HiddenSize, projectionDim, hasBias: false);
        text_projection = new Layers.Linear(text.HiddenSize, projectionDim, hasBias: false);
        logit_scale = EmptyParameter.Of();
        using (no_grad()) logit_scale.fill_(InitialLogitScale);
        RegisterComponents();
    }

    /// <summary>The text tower's settings.</summary>
    public CLIPTextConfig TextConfig { get; }

    /// <summary>The vision tower's settings.</summary>
    public CLIPVisionConfig VisionConfig { get; }

    /// <summary>The text tower.</summary>
    public CLIPTextTransformer TextModel => text_model;

    /// <summary>The vision tower.</summary>
    public CLIPVisionTransformer VisionModel => vision_model;

    /// <summary>The logarithm of the factor between cosines and logits (a scalar).</summary>
    public Tensor LogitScale => logit_scale;

    /// <summary>Loads a transformers folder (<c>config.json</c>, <c>model.safetensors</c>).</summary>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static CLIPModel Load(string folder, ScalarType dtype = ScalarType.Float32) => Load(Component.OfFolder(folder), dtype);

    /// <summary>Loads the model of a component.</summary>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static CLIPModel Load(Component component, ScalarType dtype = ScalarType.Float32)
    {
        NativeBackend.EnsureLoaded();
        var (text, vision, projectionDim) = ReadConfig(ModelConfig.Parse(component.Config));
        using var weights = component.OpenWeights();
        return ModuleWeights.Create(() => new CLIPModel(text, vision, projectionDim), weights, dtype, name => name.EndsWith(".embeddings.position_ids", StringComparison.Ordinal));
    }

    /// <summary>Reads the settings of both towers and the width of their common space.</summary>
    /// <exception cref="CheckpointException">MG0220 to MG0225 for what cannot be honoured.</exception>
    public static (CLIPTextConfig Text, CLIPVisionConfig Vision, long ProjectionDim) ReadConfig(ModelConfig config)
    {
        var (text, vision) = (Tower(config, "text_config"), Tower(config, "vision_config"));
        var result = (CLIPTextConfig.From(text), CLIPVisionConfig.From(vision), config.Between("projection_dim", config.Integer("projection_dim", 512), 1, ConfigChecks.Largest));
        text.Complete();
        vision.Complete();
        config.WithoutGenericKeys().WithoutEffect("initializer_factor", "logit_scale_init_value").Complete();
        return result;
    }

    /// <summary>Ids [n, tokens] and mask [n, tokens] → projected, not normalised text features [n, projection].</summary>
    public Tensor GetTextFeatures(Tensor inputIds, Tensor? attentionMask)
    {
        using var scope = NewDisposeScope();
        return text_projection.call(text_model.call(inputIds, attentionMask).PoolerOutput).MoveToOuterDisposeScope();
    }

    /// <summary>Normalised pictures [n, 3, size, size] → projected, not normalised image features [n, projection].</summary>
    public Tensor GetImageFeatures(Tensor pixelValues)
    {
        using var scope = NewDisposeScope();
        return visual_projection.call(vision_model.call(pixelValues).PoolerOutput).MoveToOuterDisposeScope();
    }

    /// <summary>Configs of 2022 hold a tower's settings twice; the second form, with defaults for what it lacks, overrides the first.</summary>
    private static ModelConfig Tower(ModelConfig config, string key)
    {
        config.WithoutEffect(key, key + "_dict");
        return config.Section(config.Has(key + "_dict") ? key + "_dict" : key);
    }
}
