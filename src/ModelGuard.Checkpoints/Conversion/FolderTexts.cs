using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>The files of a diffusers folder that hold no weights: index, configs and tokenizers.</summary>
/// <param name="Files">Names relative to the folder, and contents.</param>
/// <param name="Notes">What was left out, in sentences for people.</param>
internal sealed record FolderTexts(ImmutableArray<(string Name, ReadOnlyMemory<byte> Content)> Files, ImmutableArray<string> Notes)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    // Anything else in a tokenizer's folder is no part of it.
    private static readonly string[] TokenizerFiles = ["vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json", "added_tokens.json", "tokenizer.json"];

    /// <summary>Gathers what a single file and its companion give.</summary>
    /// <exception cref="CheckpointException">MG0268 when a tokenizer is missing, MG0273 when a config cannot be inferred.</exception>
    public static FolderTexts Of(SingleFileCheckpoint source)
    {
        var files = ImmutableArray.CreateBuilder<(string, ReadOnlyMemory<byte>)>();
        var layout = source.Source.Layout;
        foreach (var part in layout.Parts) Add($"{part.Component}/config.json", source.Component(part.Component).Config.Json);
        Add("scheduler/scheduler_config.json", source.SchedulerConfig.Json);
        foreach (var slot in source.TextEncoders)
        {
            var (folder, pad) = (source.TokenizerFolder(slot.Tokenizer), source.TokenizerPad(slot.Tokenizer));
            foreach (var name in TokenizerFiles.Where(n => File.Exists(Path.Combine(folder, n))))
            {
                var content = File.ReadAllBytes(Path.Combine(folder, name));
                if (pad is null) files.Add(($"{slot.Tokenizer}/{name}", content));
                // The compiled tokenizer is made anew from the other files where it is missing.
                else if (name != "tokenizer.json") files.Add(($"{slot.Tokenizer}/{name}", name is "special_tokens_map.json" or "tokenizer_config.json" ? Padded(content, pad, Path.Combine(folder, name)) : content));
            }
        }

        HashSet<string> written = [.. layout.Parts.Select(p => p.Component), .. source.TextEncoders.Select(e => e.Tokenizer), "scheduler"];
        var (index, left) = Index(source, written);
        Add(DiffusersFolder.IndexName, index);
        return new FolderTexts(files.ToImmutable(), [.. left.Select(name => $"The component '{name}' is not part of the file, so the new folder goes without it.")]);

        void Add(string name, string text) => files.Add((name, Encoding.UTF8.GetBytes(text)));
    }

    private static (string Json, ImmutableArray<string> Left) Index(SingleFileCheckpoint source, HashSet<string> written)
    {
        var (json, place) = source.Source.CompanionFile(DiffusersFolder.IndexName) is { } file ? (File.ReadAllText(file), file)
            : source.Source.Metadata.TryGetValue(SingleFileSource.IndexKey, out var kept) ? (kept, source.WeightFile)
            : (NewIndex(source), source.WeightFile);
        var index = Parse(json, place);
        string[] left = [.. index.Where(p => p.Value is JsonArray { Count: 2 } entry && entry[0] is not null && !written.Contains(p.Key)).Select(p => p.Key)];
        if (left.Length == 0) return (json, []);
        foreach (var name in left) index[name] = new JsonArray(null, null);
        return (index.ToJsonString(Indented) + "\n", [.. left]);
    }

    private static string NewIndex(SingleFileCheckpoint source)
    {
        var index = new JsonObject { ["_class_name"] = source.Family.PipelineClass, ["feature_extractor"] = new JsonArray(null, null) };
        if (source.Source.Layout.Generation == SingleFileLayout.Xl)
        {
            index["force_zeros_for_empty_prompt"] = true;
            index["image_encoder"] = new JsonArray(null, null);
        }
        else
        {
            index["requires_safety_checker"] = false;
            index["safety_checker"] = new JsonArray(null, null);
        }

        index["scheduler"] = new JsonArray("diffusers", (string?)Parse(source.SchedulerConfig.Json, source.SchedulerConfig.Place)["_class_name"]);
        foreach (var part in source.Source.Layout.Parts)
        {
            index[part.Component] = part.Kind switch
            {
                NetworkKind.Unet => new JsonArray("diffusers", "UNet2DConditionModel"),
                NetworkKind.Vae => new JsonArray("diffusers", "AutoencoderKL"),
                NetworkKind.ProjectedOpenClip => new JsonArray("transformers", "CLIPTextModelWithProjection"),
                _ => new JsonArray("transformers", "CLIPTextModel"),
            };
        }

        foreach (var slot in source.TextEncoders) index[slot.Tokenizer] = new JsonArray("transformers", "CLIPTokenizer");
        return new JsonObject(index.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))).ToJsonString(Indented) + "\n";
    }

    private static byte[] Padded(byte[] content, string pad, string place)
    {
        var json = Parse(Encoding.UTF8.GetString(content), place);
        json["pad_token"] = pad;
        return Encoding.UTF8.GetBytes(json.ToJsonString(Indented) + "\n");
    }

    private static JsonObject Parse(string json, string place)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw new CheckpointException("MG0220", $"'{place}' must hold one JSON object. Copy it again.", place);
        }
        catch (JsonException e)
        {
            throw new CheckpointException("MG0220", $"'{place}' is no valid JSON: {e.Message} Copy it again.", place, e);
        }
    }
}
