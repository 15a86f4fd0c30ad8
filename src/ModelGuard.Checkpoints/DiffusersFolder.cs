using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Checkpoints;

/// <summary>A checkpoint as diffusers' <c>save_pretrained</c> lays it out: <c>model_index.json</c> and a folder for each component.</summary>
public sealed class DiffusersFolder
{
    /// <summary>The file that makes a folder a checkpoint.</summary>
    public const string IndexName = "model_index.json";

    private static readonly string[] Required = ["text_encoder", "tokenizer", "unet", "vae", "scheduler"];

    private static readonly Dictionary<string, string> OtherFamilies = new(StringComparer.Ordinal)
    {
        ["StableDiffusionXLPipeline"] = "Stable Diffusion XL",
        ["StableDiffusion3Pipeline"] = "Stable Diffusion 3",
        ["FluxPipeline"] = "FLUX",
        ["IFPipeline"] = "DeepFloyd IF",
        ["StableDiffusionInpaintPipeline"] = "Stable Diffusion inpainting",
    };

    private DiffusersFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Opens a folder and checks its index.</summary>
    /// <exception cref="CheckpointException">MG0261 when it is no checkpoint, MG0262 for another family, MG0263 for a missing component.</exception>
    public static DiffusersFolder Open(string path)
    {
        PickleFormats.Refuse(path);
        if (!Directory.Exists(path)) throw new CheckpointException("MG0261", $"The checkpoint '{path}' does not exist, or it is no folder. Name a diffusers folder, one that holds {IndexName}.", path);
        var index = System.IO.Path.Combine(path, IndexName);
        if (!File.Exists(index)) throw new CheckpointException("MG0261", $"'{path}' holds no {IndexName}, so it is no diffusers checkpoint. Name the folder that holds it.", path);
        if (FileSystem.IsPipe(index)) throw new CheckpointException("MG0261", $"'{index}' is a named pipe, not a file. Copy the checkpoint again, whole.", index);
        var components = ReadIndex(index);
        foreach (var name in Required)
        {
            if (!components.Contains(name) || !Directory.Exists(System.IO.Path.Combine(path, name))) throw new CheckpointException("MG0263", $"The checkpoint '{path}' has no component '{name}'. Copy it again, whole.", path);
        }

        return new DiffusersFolder(path);
    }

    /// <summary>A component's folder.</summary>
    public string Component(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The weights of a component.</summary>
    /// <exception cref="CheckpointException">MG0210 when only a pickle is there, MG0264 when nothing is.</exception>
    public string Weights(string component)
    {
        var folder = Component(component);
        string[] names = ["model.safetensors", "diffusion_pytorch_model.safetensors"];
        var found = names.Select(n => System.IO.Path.Combine(folder, n)).FirstOrDefault(File.Exists);
        if (found is not null) return found;
        var pickle = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(PickleFormats.IsPickle);
        if (pickle is not null) PickleFormats.Refuse(pickle);
        throw new CheckpointException("MG0264", $"The component '{folder}' holds neither {names[0]} nor {names[1]}. Copy the checkpoint again, whole; other file names (variants such as fp16, or several shards) are not read.", folder);
    }

    private static ImmutableHashSet<string> ReadIndex(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index), new JsonDocumentOptions { AllowDuplicateProperties = false });
            var family = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("_class_name", out var c) && c.ValueKind == JsonValueKind.String
                ? c.GetString()!
                : throw new CheckpointException("MG0261", $"'{index}' does not say which pipeline it describes: it must hold an object with a text '_class_name'. Copy the checkpoint again, whole.", index);
            if (family != "StableDiffusionPipeline")
            {
                var what = OtherFamilies.TryGetValue(family, out var known) ? $"{known} ('{family}')" : $"'{family}'";
                throw new CheckpointException("MG0262", $"'{index}' describes {what}, which this version does not run. It runs StableDiffusionPipeline checkpoints.", index);
            }

            return [.. document.RootElement.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Array && p.Value.GetArrayLength() == 2 && p.Value[0].ValueKind == JsonValueKind.String).Select(p => p.Name)];
        }
        // InvalidOperationException is a text with half a surrogate pair, which the parser only meets when the text is asked for.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0261", $"'{index}' is no valid JSON: {e.Message} Copy the checkpoint again, whole.", index, e);
        }
    }
}
