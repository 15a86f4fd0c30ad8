using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>The header of a single file, what it is, and the configs of its networks, wherever they come from.</summary>
internal sealed class SingleFileSource
{
    /// <summary>Keys of the metadata under which <c>convert</c> keeps the config of a component begin so.</summary>
    public const string ConfigKey = "modelguard.config.";

    /// <summary>The key of the metadata under which <c>convert</c> keeps <c>model_index.json</c>.</summary>
    public const string IndexKey = "modelguard.model_index";

    private const string Scheduler = "scheduler";

    private SingleFileSource(string path, SafetensorsFile file, string? companion)
    {
        Path = path;
        Companion = companion;
        (Tensors, Metadata) = (file.Tensors, file.Metadata);
        Layout = SingleFileLayout.Recognize(Tensors, path);
        Sampling = Sampling.Of(Layout, Tensors, Metadata, path);
        Index = CompanionFile(DiffusersFolder.IndexName) is { } index ? ModelIndex.Read(index)
            : Metadata.TryGetValue(IndexKey, out var text) ? ModelIndex.Parse(Encoding.UTF8.GetBytes(text), MetadataPlace(IndexKey), path)
            : null;
        if (companion is not null) RequireFitting(companion);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The folder that the user named, or null.</summary>
    public string? Companion { get; }

    /// <summary>What it is.</summary>
    public SingleFileLayout Layout { get; }

    /// <summary>All tensors.</summary>
    public ImmutableArray<TensorInfo> Tensors { get; }

    /// <summary>The header's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>How its UNet predicts.</summary>
    public Sampling Sampling { get; }

    /// <summary>The pipeline's index, if companion or metadata have one.</summary>
    public ModelIndex? Index { get; }

    /// <summary>Reads a file's header.</summary>
    /// <exception cref="CheckpointException">MG0269 for a file that is something else, MG0274 for a companion that does not fit, or as <see cref="SafetensorsFile.Open"/>.</exception>
    public static SingleFileSource Read(string path, string? companion)
    {
        using var file = SafetensorsFile.Open(path);
        return new SingleFileSource(path, file, companion);
    }

    /// <summary>The scheduler's settings.</summary>
    public ConfigText SchedulerConfig => Given(Scheduler, "scheduler_config.json") ?? new ConfigText(Sampling.Scheduler(Layout), $"{Path} (inferred)");

    /// <summary>The settings of a network: the companion's, those in the file, or what its shapes say.</summary>
    /// <exception cref="CheckpointException">MG0220 for metadata that are no JSON, MG0273 for what cannot be inferred, MG0274 for a config of another model.</exception>
    public ConfigText Config(SingleFilePart part)
    {
        if (Given(part.Component, "config.json") is { } given)
        {
            RequireFitting(given, part);
            return given;
        }

        var inference = new Inference(part, part.Place(Tensors, null, Path), Path);
        var json = part.Kind switch
        {
            NetworkKind.Unet => inference.Unet(Layout, Sampling.Side / 8),
            NetworkKind.Vae => inference.Vae(Layout.Generation == SingleFileLayout.Xl, Sampling.Side),
            _ => inference.TextEncoder(),
        };
        return new ConfigText(json, $"{Path} (inferred)");
    }

    /// <summary>How many layers of a text encoder count, where a config says so.</summary>
    public int? Layers(SingleFilePart part)
    {
        if (part.Kind != NetworkKind.OpenClip || Given(part.Component, "config.json") is not { } config) return null;
        return Parse(config).TryGetProperty("num_hidden_layers", out var layers) && layers.ValueKind == JsonValueKind.Number && layers.TryGetInt32(out var count) && count > 0 ? count : null;
    }

    /// <summary>A file of the companion, if it has it.</summary>
    public string? CompanionFile(params string[] names) => Companion is { } folder && System.IO.Path.Combine([folder, .. names]) is var file && File.Exists(file) ? file : null;

    private ConfigText? Given(string component, string file)
    {
        var config = CompanionFile(component, file) is { } path ? FolderComponent.ReadConfig(path)
            : Metadata.TryGetValue(ConfigKey + component, out var json) ? new ConfigText(json, MetadataPlace(ConfigKey + component))
            : null;
        if (config is not null) Parse(config);
        return config;
    }

    // The networks compare every shape later; here the folder of another model is told by the widths that models differ in.
    private void RequireFitting(ConfigText config, SingleFilePart part)
    {
        (string Key, string Tensor)[] widths = part.Kind switch
        {
            NetworkKind.Unet => [("in_channels", "conv_in.weight"), ("cross_attention_dim", ".attn2.to_k.weight")],
            NetworkKind.Vae => [("latent_channels", "decoder.conv_in.weight")],
            _ => [("hidden_size", "text_model.embeddings.token_embedding.weight")],
        };
        var settings = Parse(config);
        var tensors = part.Place(Tensors, null, Path);
        foreach (var (key, name) in widths)
        {
            if (!settings.TryGetProperty(key, out var value) || value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var said)) continue;
            if (tensors.FirstOrDefault(t => t.Pair.Reference.EndsWith(name, StringComparison.Ordinal)) is { Shape: [_, var width, ..] } tensor && width != said)
            {
                throw new CheckpointException("MG0274", FormattableString.Invariant($"'{config.Place}' sets '{key}' to {said}, but the tensor '{tensor.Stored.Name}' of '{Path}' says {width}. Config and weights belong to different models; name the components folder of this one."), config.Place);
            }
        }
    }

    private JsonElement Parse(ConfigText config)
    {
        try
        {
            using var document = JsonDocument.Parse(config.Json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new CheckpointException("MG0220", $"'{config.Place}' must hold one JSON object. Write it again, or name a diffusers folder with the config.", Path);
        }
        catch (JsonException e)
        {
            throw new CheckpointException("MG0220", $"'{config.Place}' is no valid JSON: {e.Message} Write it again, or name a diffusers folder with the config.", Path, e);
        }
    }

    private string MetadataPlace(string key) => $"{Path} → __metadata__ → {key}";

    private void RequireFitting(string companion)
    {
        if (!Directory.Exists(companion)) throw new CheckpointException("MG0274", $"The components folder '{companion}' does not exist. Name a diffusers folder with the configs and tokenizers of '{Path}'.", companion);
        if (Index is { } index && CompanionFile(DiffusersFolder.IndexName) is not null && index.Family != Layout.Family)
        {
            throw new CheckpointException("MG0274", $"The components folder '{companion}' belongs to {index.Family.Description}, but '{Path}' is {Layout.Family.Description}. Name a diffusers folder of the same family.", companion);
        }
    }
}
