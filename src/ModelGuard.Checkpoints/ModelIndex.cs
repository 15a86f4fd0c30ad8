using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Checkpoints;

/// <summary>What <c>model_index.json</c> says: the pipeline's class, its components and its flags.</summary>
/// <param name="Family">The family.</param>
/// <param name="Components">Names of the components that are there.</param>
/// <param name="TextEncoders">CLIP text encoders with their tokenizers.</param>
/// <param name="Flags">Settings of the pipeline itself.</param>
internal sealed record ModelIndex(ModelFamily Family, ImmutableHashSet<string> Components, ImmutableArray<TextEncoderSlot> TextEncoders, ImmutableDictionary<string, bool> Flags)
{
    private static readonly TextEncoderSlot First = new("text_encoder", "tokenizer");
    private static readonly string[] ClipClasses = ["CLIPTextModel", "CLIPTextModelWithProjection"];

    /// <summary>Components that a checkpoint of this family cannot lack.</summary>
    public ImmutableArray<string> Required => Family.PipelineClass switch
    {
        "StableDiffusionPipeline" => ["text_encoder", "tokenizer", "unet", "vae", "scheduler"],
        "StableDiffusionXLPipeline" => ["text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2", "unet", "vae", "scheduler"],
        _ => [.. TextEncoders.SelectMany(e => new[] { e.Component, e.Tokenizer })],
    };

    /// <summary>Reads the file.</summary>
    /// <exception cref="CheckpointException">MG0261 when it is no index.</exception>
    public static ModelIndex Read(string path) => Parse(File.ReadAllBytes(path), path, path);

    /// <summary>Reads a text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="place">Where it stands, for messages.</param>
    /// <param name="path">The file that it stands in.</param>
    /// <exception cref="CheckpointException">MG0261 when it is no index.</exception>
    public static ModelIndex Parse(byte[] json, string place, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement;
            var pipeline = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("_class_name", out var c) && c.ValueKind == JsonValueKind.String
                ? c.GetString()!
                : throw new CheckpointException("MG0261", $"'{place}' does not say which pipeline it describes: it must hold an object with a text '_class_name'. Copy the checkpoint again, whole.", path);
            (string Name, string Class)[] components = [.. root.EnumerateObject()
                .Where(p => p.Value.ValueKind == JsonValueKind.Array && p.Value.GetArrayLength() == 2 && p.Value[0].ValueKind == JsonValueKind.String)
                .Select(p => (p.Name, p.Value[1].ValueKind == JsonValueKind.String ? p.Value[1].GetString()! : ""))];
            var family = ModelFamily.Of(pipeline);
            return new ModelIndex(
                family,
                [.. components.Select(x => x.Name)],
                Encoders(family, components),
                root.EnumerateObject().Where(p => p.Value.ValueKind is JsonValueKind.True or JsonValueKind.False).ToImmutableDictionary(p => p.Name, p => p.Value.GetBoolean(), StringComparer.Ordinal));
        }
        // InvalidOperationException is a text with half a surrogate pair, which the parser only meets when the text is asked for.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0261", $"'{place}' is no valid JSON: {e.Message} Copy the checkpoint again, whole.", path, e);
        }
    }

    // text_encoder and tokenizer, text_encoder_2 and tokenizer_2, …
    private static ImmutableArray<TextEncoderSlot> Encoders(ModelFamily family, (string Name, string Class)[] components) => family.PipelineClass switch
    {
        "StableDiffusionPipeline" => [First],
        "StableDiffusionXLPipeline" => [First, new TextEncoderSlot("text_encoder_2", "tokenizer_2")],
        _ => [.. components
            .Where(c => c.Name.StartsWith("text_encoder", StringComparison.Ordinal) && ClipClasses.Contains(c.Class, StringComparer.Ordinal))
            .Select(c => new TextEncoderSlot(c.Name, "tokenizer" + c.Name["text_encoder".Length..]))
            .Where(e => components.Any(c => c.Name == e.Tokenizer))
            .OrderBy(e => e.Component, StringComparer.Ordinal)],
    };
}
