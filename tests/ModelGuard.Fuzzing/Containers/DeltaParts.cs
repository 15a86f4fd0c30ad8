using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelGuard.Fuzzing.Containers;

/// <summary>A delta as the header without its texts, its manifest, its report, and its data: the JSON within the JSON is changed as JSON.</summary>
internal sealed class DeltaParts : IContainer
{
    private const string Manifest = "modelguard.delta";
    private const string Report = "modelguard.report";
    private const string Metadata = "__metadata__";
    private static readonly SafetensorsParts Outer = new();

    public ImmutableArray<byte[]> Split(byte[] input)
    {
        if (Outer.Split(input) is not [var header, var data] || TryParse(header) is not { } root) return [input];
        try
        {
            if (root[Metadata] is not JsonObject metadata || Text(metadata, Manifest) is not { } manifest || Text(metadata, Report) is not { } report) return [input];
            root.Remove(Metadata);
            return [Encoding.UTF8.GetBytes(root.ToJsonString()), Encoding.UTF8.GetBytes(manifest), Encoding.UTF8.GetBytes(report), data];
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is met only when the text is asked for.
            return [input];
        }
    }

    public byte[] Join(ImmutableArray<byte[]> parts)
    {
        if (parts is not [var tensors, var manifest, var report, var data]) return parts[0];
        // A header that is no object any more stays as it is.
        var end = Array.LastIndexOf(tensors, (byte)'}');
        if (end < 0) return Outer.Join([tensors, data]);
        var metadata = new JsonObject { [Manifest] = Encoding.UTF8.GetString(manifest), [Report] = Encoding.UTF8.GetString(report) };
        var comma = tensors.AsSpan(0, end).IndexOf((byte)':') >= 0 ? "," : "";
        return Outer.Join([[.. tensors[..end], .. Encoding.UTF8.GetBytes($"{comma}\"{Metadata}\":{metadata.ToJsonString()}"), .. tensors[end..]], data]);
    }

    private static string? Text(JsonObject metadata, string key) => metadata[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonObject? TryParse(byte[] json)
    {
        try
        {
            return JsonNode.Parse(Encoding.UTF8.GetString(json), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
