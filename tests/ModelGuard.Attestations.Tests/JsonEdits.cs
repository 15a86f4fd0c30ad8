using System.Globalization;
using System.Text.Json.Nodes;

namespace ModelGuard.Attestations.Tests;

/// <summary>Changes of a JSON text.</summary>
internal static class JsonEdits
{
    /// <summary>The text with a value set at a path such as <c>a.0.b</c>.</summary>
    public static JsonNode With(this JsonNode root, string path, string value)
    {
        var copy = root.DeepClone();
        var parts = path.Split('.');
        var node = parts[..^1].Aggregate(copy, (n, part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? n[i]! : n[part]!);
        node[parts[^1]] = JsonNode.Parse(value);
        return copy;
    }
}
