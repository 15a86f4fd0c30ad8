using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Shared;

namespace ModelGuard.Diffusion.Configuration;

/// <summary>
/// A component's <c>config.json</c>. Every key is either read, declared to be without effect, or an error that names it:
/// what a config says is honoured, and what cannot be honoured is refused.
/// </summary>
public sealed class ModelConfig
{
    private readonly JsonElement root;
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);

    private ModelConfig(JsonElement root, string place)
    {
        this.root = root;
        Place = place;
    }

    /// <summary>Where the config stands, for messages.</summary>
    public string Place { get; }

    /// <summary>Parses the text of a config file.</summary>
    /// <exception cref="CheckpointException">MG0220 when it is no JSON object.</exception>
    public static ModelConfig Parse(string json, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(PythonJson.ToJson(json));
            ValidTexts.Require(document.RootElement);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ModelConfig(document.RootElement.Clone(), place)
                : throw new CheckpointException("MG0220", $"'{place}' must hold one JSON object; it holds a {Kind(document.RootElement)}.", place);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0220", $"'{place}' is no valid JSON: {e.Message}", place);
        }
    }

    /// <summary>Reads a config file.</summary>
    /// <exception cref="CheckpointException">MG0220 when it is missing or no JSON object.</exception>
    public static ModelConfig Read(string path) => File.Exists(path)
        ? Parse(File.ReadAllText(path), path)
        : throw new CheckpointException("MG0220", $"'{path}' is missing; a component of a diffusers checkpoint needs its config.", path);

    /// <summary>Parses a component's config.</summary>
    /// <exception cref="CheckpointException">MG0220 when it is no JSON object.</exception>
    public static ModelConfig Parse(ConfigText text) => Parse(text.Json, text.Place);

    /// <summary>True when the key is there and not null.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>A whole number, or the reference library's default when the key is absent or null.</summary>
    public long Integer(string key, long defaultValue) => Find(key) is { } e ? AsInteger(e, key) : defaultValue;

    /// <summary>A real number, or the default.</summary>
    public double Number(string key, double defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.Number } e => e.GetDouble(),
        { } e => throw Wrong(key, e, "a number"),
    };

    /// <summary>A truth value, or the default.</summary>
    public bool Flag(string key, bool defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } e => throw Wrong(key, e, "true or false"),
    };

    /// <summary>A text, or the default.</summary>
    public string Text(string key, string defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.String } e => e.GetString()!,
        { } e => throw Wrong(key, e, "a text"),
    };

    /// <summary>A list of whole numbers, or one number that stands for all <paramref name="count"/> places.</summary>
    public ImmutableArray<long> Integers(string key, int count, long defaultValue)
    {
        if (Find(key) is not { } e) return [.. Enumerable.Repeat(defaultValue, count)];
        if (e.ValueKind != JsonValueKind.Array) return [.. Enumerable.Repeat(AsInteger(e, key), count)];
        ImmutableArray<long> values = [.. e.EnumerateArray().Select(v => AsInteger(v, key))];
        return values.Length == count ? values : throw Wrong(key, e, FormattableString.Invariant($"one number or {count} numbers"));
    }

    /// <summary>A list of whole numbers of any length, or the default.</summary>
    public ImmutableArray<long> Integers(string key, ImmutableArray<long> defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.Array } e => [.. e.EnumerateArray().Select(v => AsInteger(v, key))],
        { } e => throw Wrong(key, e, "a list of whole numbers"),
    };

    /// <summary>A list of real numbers, or the default.</summary>
    public ImmutableArray<double> Numbers(string key, ImmutableArray<double> defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.Array } e when e.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number) => [.. e.EnumerateArray().Select(v => v.GetDouble())],
        { } e => throw Wrong(key, e, "a list of numbers"),
    };

    /// <summary>A list of texts, or the default.</summary>
    public ImmutableArray<string> Texts(string key, ImmutableArray<string> defaultValue) => Find(key) switch
    {
        null => defaultValue,
        { ValueKind: JsonValueKind.Array } e when e.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String) => [.. e.EnumerateArray().Select(v => v.GetString()!)],
        { } e => throw Wrong(key, e, "a list of texts"),
    };

    /// <summary>A nested object; an empty one when the key is absent or null.</summary>
    public ModelConfig Section(string key)
    {
        var place = $"{Place} → {key}";
        return Find(key) switch
        {
            null => Parse("{}", place),
            { ValueKind: JsonValueKind.Object } e => new ModelConfig(e, place),
            { } e => throw Wrong(key, e, "an object"),
        };
    }

    /// <summary>Declares keys that change nothing in the computation here (metadata, training-only settings).</summary>
    public ModelConfig WithoutEffect(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys) seen.Add(key);
        return this;
    }

    /// <summary>Declares a key of which only some values, written as JSON, are supported; absent and null always are.</summary>
    /// <exception cref="CheckpointException">MG0222 for another value.</exception>
    public ModelConfig Only(string key, params string[] values)
    {
        if (Find(key) is { } e && !values.Contains(e.GetRawText(), StringComparer.Ordinal))
        {
            var supported = values.Length == 0 ? "only null is" : $"supported: {string.Join(", ", values)}";
            throw new CheckpointException("MG0222", $"'{Place}' sets '{key}' to {e.GetRawText()}, which is not supported ({supported}).", Place);
        }

        return this;
    }

    /// <summary>Refuses what was neither read nor declared. Keys that start with an underscore are metadata.</summary>
    /// <exception cref="CheckpointException">MG0223 that names the unknown keys.</exception>
    public void Complete()
    {
        string[] unknown = [.. root.EnumerateObject()
            .Where(p => !seen.Contains(p.Name) && !p.Name.StartsWith('_') && p.Value.ValueKind != JsonValueKind.Null)
            .Select(p => $"'{p.Name}': {Shorten(p.Value.GetRawText())}")];
        if (unknown.Length > 0)
        {
            throw new CheckpointException("MG0223", $"'{Place}' has settings that are not known here, so the model could behave otherwise than its author meant: {string.Join(", ", unknown)}. Remove them if they have no effect on this architecture.", Place);
        }
    }

    private JsonElement? Find(string key)
    {
        seen.Add(key);
        return root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private long AsInteger(JsonElement element, string key) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value)
        ? value
        : throw Wrong(key, element, "a whole number");

    private CheckpointException Wrong(string key, JsonElement found, string expected) =>
        new("MG0224", $"'{Place}' sets '{key}' to {Shorten(found.GetRawText())}; it must be {expected}.", Place);

    private static string Shorten(string text) => text.Length <= 60 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 57)}...");

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => "list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "number",
        _ => "single value",
    };
}
