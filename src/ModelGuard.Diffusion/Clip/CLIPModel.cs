using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>Both towers and their projections into one space (transformers' <c>CLIPModel</c>).</summary>
public sealed class CLIPModel : Module
{
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
        logit_scale = new Parameter(tensor(2.6592f));
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
        var config = ModelConfig.Parse(component.Config);
        var (text, vision) = (config.Section("text_config"), config.Section("vision_config"));
        var model = new CLIPModel(CLIPTextConfig.From(text), CLIPVisionConfig.From(vision), config.Integer("projection_dim", 512));
        text.Complete();
        vision.Complete();
        config.WithoutEffect("architectures", "model_type", "initializer_factor", "logit_scale_init_value", "torch_dtype", "dtype", "transformers_version", "text_config_dict", "vision_config_dict").Complete();
        model.to(dtype);
        model.eval();
        using var weights = component.OpenWeights();
        ModuleWeights.Load(model, weights, name => name.EndsWith(".embeddings.position_ids", StringComparison.Ordinal));
        return model;
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
}
