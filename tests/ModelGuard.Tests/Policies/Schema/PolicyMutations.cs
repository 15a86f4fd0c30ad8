using System.Text.Json.Nodes;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies.Schema;

/// <summary>One thing in a policy made otherwise: another type, an unknown or a foreign key, a number out of range, a word that is none, a missing key, an empty list.</summary>
internal static class PolicyMutations
{
    private static readonly string[] Values =
    [
        "null", "true", "\"\"", "\"  \"", "\"word\"", "\"removed\"", "\"all\"", "\"auto\"", "\"300%\"", "\"5\"", "[]", "{}", "[null]", "[[]]", "[\"\"]", "[\"word\"]", "[\"translation\"]", "[3, 3]", "{\"file\": \"prompts.txt\"}", "{\"kinds\": [\"translation\"]}",
        "\"2026-02-30\"", "\"2026-1-1\"", "\"Upper\"", "\"a--b\"", "\"sha256:00\"",
    ];

    private static readonly double[] Numbers = [-1, 0, 1, 2, 1.5, 20, 21, 64, 65, 100, 100.5, 1000, 1001, -1001, 10_000, 10_001, 100_000, 100_001, 1e9, 1.1e9, 1e-9, 1e-10, 3e9, 1e300];

    // Of other mappings, or of none.
    private static readonly (string Key, string Value)[] Keys =
    [
        ("lamda", "1"), ("", "1"), ("from", "\"a\""), ("to", "\"b\""), ("replaceWith", "\"c\""), ("probes", "\"all\""), ("translations", "[\"x\"]"), ("baseline", "\"b.json\""),
        ("max", "1"), ("min", "1"), ("maxDrop", "\"5%\""), ("maxRatio", "0.5"), ("layers", "[0]"), ("harden", "1"), ("crossAttention", "\"uce\""), ("file", "\"prompts.txt\""), ("kinds", "\"all\""), ("version", "1"),
    ];

    // Known words in the wrong place.
    private static readonly (string Key, string[] Words)[] Swaps =
    [
        ("on", [.. PolicyWords.Scopes.Keys]), ("action", [.. PolicyWords.Actions.Keys]), ("metric", [.. PolicyWords.Metrics.Order(StringComparer.Ordinal)]), ("method", ["diff-quick-fix-published", "uce"]),
    ];

    /// <summary>A changed copy; the same numbers give the same change.</summary>
    public static JsonNode? Apply(JsonObject policy, int place, int change, int choice)
    {
        var root = policy.DeepClone();
        JsonNode?[] nodes = [.. Below(root)];
        var node = nodes[place % nodes.Length]!;
        switch (change % 8)
        {
            case 6:
                var (swapped, words) = Swaps[choice % Swaps.Length];
                JsonNode[] there = [.. nodes.OfType<JsonNode>().Where(n => n.Parent is JsonObject && n.GetPropertyName() == swapped)];
                if (there.Length > 0) there[place % there.Length].ReplaceWith(words[place % words.Length]);
                return root;
            case 0 or 7 when node is JsonObject or JsonValue { Parent: JsonObject }:
                var mapping = node as JsonObject ?? node.Parent!.AsObject();
                var (key, value) = Keys[choice % Keys.Length];
                mapping[key] = JsonNode.Parse(value);
                return root;
            case 1 when node.Parent is JsonObject parent:
                parent.Remove(node.GetPropertyName());
                return root;
            case 2 when node.Parent is JsonObject parent:
                var name = node.GetPropertyName();
                parent.Remove(name);
                parent[name + "s"] = node;
                return root;
            case 3 when node is JsonArray list:
                if (choice % 2 == 0 || list.Count == 0) list.Clear();
                else list.Add(list[0]?.DeepClone());
                return root;
            case 4 when node is JsonValue scalar && scalar.TryGetValue<string>(out var text):
                return With(root, node, JsonValue.Create(choice % 2 == 0 ? text + "x" : text.ToUpperInvariant()));
            case 5 when node is JsonValue:
                return With(root, node, JsonValue.Create(Numbers[choice % Numbers.Length]));
            default:
                return With(root, node, JsonNode.Parse(Values[choice % Values.Length]));
        }
    }

    private static JsonNode? With(JsonNode root, JsonNode node, JsonNode? replacement)
    {
        if (node.Parent is null) return replacement;
        node.ReplaceWith(replacement);
        return root;
    }

    private static IEnumerable<JsonNode> Below(JsonNode node) => [node, .. (node switch
    {
        JsonObject mapping => mapping.Select(p => p.Value),
        JsonArray list => list,
        _ => [],
    }).OfType<JsonNode>().SelectMany(Below)];
}
