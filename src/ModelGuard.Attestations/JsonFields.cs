using System.Collections.Immutable;
using System.Text.Json;
using ModelGuard.Shared;

namespace ModelGuard.Attestations;

/// <summary>A JSON object that is read field by field; what is wrong is told with the field's path.</summary>
internal readonly struct JsonFields
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 32 };
    private readonly JsonElement element;
    private readonly string path;

    private JsonFields(JsonElement element, string path)
    {
        this.path = path;
        this.element = element.ValueKind == JsonValueKind.Object ? element : throw new JsonShapeException($"'{path}' is no object");
    }

    /// <summary>The names of all fields.</summary>
    public IEnumerable<string> Names => element.EnumerateObject().Select(p => p.Name);

    /// <summary>Parses strictly: two readers must not see two things in one text, so a name that stands twice is an error.</summary>
    /// <exception cref="JsonShapeException">No JSON, or no object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(utf8, Options);
            ValidTexts.Require(document.RootElement);
            return document;
        }
        catch (JsonException e)
        {
            throw new JsonShapeException("it is no valid JSON, or a field stands twice in it", e);
        }
        catch (InvalidOperationException e)
        {
            document?.Dispose();
            throw new JsonShapeException("a name or a value in it is no valid text", e);
        }
    }

    /// <summary>The fields of a document.</summary>
    public static JsonFields Of(JsonDocument document, string name) => new(document.RootElement, name);

    /// <summary>Refuses fields that are not among these.</summary>
    public void AllowOnly(params string[] names)
    {
        foreach (var name in Names)
        {
            if (!names.Contains(name, StringComparer.Ordinal)) throw new JsonShapeException($"'{path}' has the unknown field '{name}'");
        }
    }

    /// <summary>Whether a field is there and is not null.</summary>
    public bool Has(string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>An object.</summary>
    public JsonFields Fields(string name) => new(Value(name), $"{path}.{name}");

    /// <summary>A text.</summary>
    public string Text(string name) => Text(Value(name), $"{path}.{name}");

    /// <summary>A text, or null where the field is absent or null.</summary>
    public string? OptionalText(string name) => Has(name) ? Text(name) : null;

    /// <summary>A whole number from 1 on; <c>8.0</c> and <c>1e9</c> are whole, as some writers know no other numbers.</summary>
    public long PositiveInteger(string name) => Value(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDecimal(out var number) && number is >= 1 and <= long.MaxValue && decimal.IsInteger(number)
        ? (long)number
        : throw new JsonShapeException($"'{path}.{name}' is no whole number from 1 on");

    /// <summary>Bytes in base64, with the standard alphabet or the URL-safe one: DSSE has verifiers accept both.</summary>
    public ImmutableArray<byte> Bytes(string name)
    {
        var text = Text(name).Replace('-', '+').Replace('_', '/');
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? [.. bytes.AsSpan(0, length)] : throw new JsonShapeException($"'{path}.{name}' is no base64");
    }

    /// <summary>The objects of a list.</summary>
    public ImmutableArray<JsonFields> List(string name)
    {
        var place = $"{path}.{name}";
        return [.. Array(name).Select((e, i) => new JsonFields(e, FormattableString.Invariant($"{place}[{i}]")))];
    }

    /// <summary>The texts of a list.</summary>
    public ImmutableArray<string> Texts(string name)
    {
        var place = $"{path}.{name}";
        return [.. Array(name).Select((e, i) => Text(e, FormattableString.Invariant($"{place}[{i}]")))];
    }

    /// <summary>The value of a field as it stands.</summary>
    public JsonElement Value(string name) => element.TryGetProperty(name, out var value) ? value : throw new JsonShapeException($"'{path}' lacks the field '{name}'");

    private JsonElement.ArrayEnumerator Array(string name) => Value(name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : throw new JsonShapeException($"'{path}.{name}' is no list");

    private static string Text(JsonElement value, string place) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new JsonShapeException($"'{place}' is no text");
}

/// <summary>JSON of another shape; the message is the middle of a sentence.</summary>
#pragma warning disable CA1064 // Readers turn it into an AttestationException with a code; it never leaves the assembly.
internal sealed class JsonShapeException(string message, Exception? inner = null) : Exception(message, inner);
#pragma warning restore CA1064
