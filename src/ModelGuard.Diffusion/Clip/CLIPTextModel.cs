using System.Globalization;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Diffusion.Layers;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>A Stable Diffusion text encoder (transformers' <c>CLIPTextModel</c>), or one with a projection (<c>CLIPTextModelWithProjection</c>).</summary>
public sealed class CLIPTextModel : Module<Tensor, CLIPTextOutput>
{
    private const string ProjectionWeight = "text_projection.weight";
    private readonly CLIPTextTransformer text_model;
    private readonly Linear? text_projection;

    /// <summary>Creates the model with empty weights, with the projection that its config asks for; a model cut short has none.</summary>
    public CLIPTextModel(CLIPTextConfig config, int? layers = null)
        : base(nameof(CLIPTextModel))
    {
        Config = config;
        text_model = new CLIPTextTransformer(config, layers);
        text_projection = config.HasProjection && layers is null ? new Linear(config.HiddenSize, config.ProjectionDim, hasBias: false) : null;
        RegisterComponents();
    }

    /// <summary>The settings.</summary>
    public CLIPTextConfig Config { get; }

    /// <summary>
    /// Loads a component folder (<c>config.json</c>, <c>model.safetensors</c>). With <paramref name="layers"/> only the embeddings and the
    /// first layers are read from the file: an edit of layer L needs L + 1 of them.
    /// </summary>
    /// <param name="folder">The <c>text_encoder</c> folder.</param>
    /// <param name="dtype">The type to compute in.</param>
    /// <param name="layers">How many layers to load; all when null.</param>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static CLIPTextModel Load(string folder, ScalarType dtype = ScalarType.Float32, int? layers = null) => Load(Component.OfFolder(folder), dtype, layers);

    /// <summary>Loads the network of a checkpoint, or its beginning.</summary>
    /// <param name="component">For example <c>text_encoder</c>.</param>
    /// <param name="dtype">The type to compute in.</param>
    /// <param name="layers">How many layers to load; all when null.</param>
    /// <exception cref="CheckpointException">The config or the weights cannot be used.</exception>
    public static CLIPTextModel Load(Component component, ScalarType dtype = ScalarType.Float32, int? layers = null)
    {
        NativeBackend.EnsureLoaded();
        using var weights = component.OpenWeights();
        var config = ReadConfig(component, weights);
        return ModuleWeights.Create(
            () => new CLIPTextModel(config, layers),
            weights,
            dtype,
            name => IsUnused(name) || (layers is { } n && (IsLaterLayer(name, n) || name == ProjectionWeight)));
    }

    /// <summary>Reads only the settings of a component.</summary>
    /// <exception cref="CheckpointException">The config cannot be used.</exception>
    public static CLIPTextConfig ReadConfig(Component component)
    {
        var config = ModelConfig.Parse(component.Config);
        var settings = CLIPTextConfig.From(config);
        config.Complete();
        return settings;
    }

    /// <summary>Reads the settings of a component whose weights are open.</summary>
    internal static CLIPTextConfig ReadConfig(Component component, ComponentWeights weights)
    {
        var config = ReadConfig(component);
        // A config that was taken out of a single file does not name the class.
        return weights.TryGet(ProjectionWeight, out _) ? config with { HasProjection = true } : config;
    }

    /// <summary>A buffer that old versions wrote.</summary>
    internal static bool IsUnused(string name) => name == "text_model.embeddings.position_ids";

    /// <summary>The text tower, for work that goes through it layer by layer.</summary>
    public CLIPTextTransformer Tower => text_model;

    /// <summary>Ids [n, tokens] (int64) → states. Stable Diffusion passes no attention mask.</summary>
    public override CLIPTextOutput forward(Tensor inputIds) => Project(text_model.call(inputIds, null));

    /// <summary>Goes on in the middle; see <see cref="CLIPTextTransformer.Continue"/>.</summary>
    public CLIPTextOutput Continue(Tensor inputIds, Tensor hidden, int firstLayer) => Project(text_model.Continue(inputIds, hidden, firstLayer));

    private CLIPTextOutput Project(CLIPTextOutput output) =>
        text_projection is null ? output : output with { TextEmbeds = text_projection.call(output.PoolerOutput) };

    private static bool IsLaterLayer(string name, int layers)
    {
        const string Prefix = "text_model.encoder.layers.";
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var rest = name.AsSpan(Prefix.Length);
        var dot = rest.IndexOf('.');
        return dot > 0 && int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var layer) && layer >= layers;
    }
}
