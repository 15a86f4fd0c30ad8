using System.Text.Json.Nodes;
using CsCheck;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies.Schema;

/// <summary>Policies over the whole grammar, with every key, word and form of a value. Words are those of the reader, not those of the schema.</summary>
internal static class PolicyGenerator
{
    /// <summary>The file that some of the policies take prompts from.</summary>
    public const string PromptFile = "prompts.txt";

    private static readonly string[] FreeMethods = [.. PolicyWords.Methods.Where(m => m.Value).Select(m => m.Key).Order(StringComparer.Ordinal)];

    private static readonly Gen<JsonNode?> Text = Gen.OneOf(
        Words("a plain thing", "  spaces around  ", "yes: no # maybe", "ÄÖ 😀 漢字", "-", "null", "true", "5"),
        Gen.OneOfConst(2026, -3, 1.5).Select(n => (JsonNode?)JsonValue.Create(n)),
        Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)));

    private static readonly Gen<JsonNode?> Severity = Words([.. PolicyWords.Severities.Keys]);

    private static readonly Gen<JsonNode?> Attribute = Words([.. PolicyWords.Attributes.Keys]);

    private static readonly Gen<JsonNode?> PromptsOfFile = Object(("file", Words(PromptFile)));

    private static readonly Gen<JsonNode?> Prompts = Gen.OneOf(ListOf(Words("a {concept}", "{concept} in a wood", " two of {concept}: \"this\" "), 1, 3), PromptsOfFile);

    private static readonly Gen<JsonNode?> ProbeKinds = Gen.OneOf(Words("all"), ListOf(Words([.. PolicyWords.ProbeKinds.Keys.Where(k => k != "translation").Order(StringComparer.Ordinal)]), 0, 4));

    private static readonly Gen<JsonNode?> Removed = Gen.OneOf(
        Concept("remove", ("replaceWith", Text), ("probes?", Gen.OneOf(ProbeKinds, Object(("kinds?", ProbeKinds), ("file?", Words(PromptFile))))), ("translations?", ListOf(Text, 0, 2))),
        Concept("remove", ("replaceWith", Text), ("probes", ListOf(Words("translation", "case"), 1, 2)), ("translations", ListOf(Words("étoile", "Stern"), 1, 2))));

    private static readonly Gen<JsonNode?> Updated = Concept("update", ("from", Text), ("to", Text));

    private static readonly Gen<JsonNode?> Preserved = Gen.OneOf(Text, Object(("name", Words("kept {0}")), ("attribute?", Attribute), ("prompts?", Gen.OneOf(Prompts, ListOf(Text, 0, 0))), ("distractors?", ListOf(Text, 0, 2))));

    private static readonly Gen<JsonNode?> Limit = Number(-1000, 1000, -0.5, 0.05);

    private static readonly Gen<JsonNode?> Drop = Gen.OneOf(Limit, Words("5%", "-100%", "+0.5 %", ".5%", "007.%"));

    private static readonly Gen<JsonNode?> Gate = Gen.OneOf(
        Gates(["clip-score", "recognition"], ["removed", "updated", "preserved"]),
        Gates(["preference"], ["updated"]),
        Gates(["fidelity"], ["removed", "updated"]),
        Gates(["probe-recognition", "causal-trace", "attack-success-rate"], ["removed"]),
        Differences(["image-change", "pixel-change"], ["removed", "updated", "preserved"]),
        Differences(["drift"], ["preserved"]),
        Compared(["clip-score", "recognition"], ["removed", "updated", "preserved"]),
        Compared(["preference"], ["updated"]));

    private static readonly Gen<JsonNode?> Edit = Gen.OneOf(
        Free(("method?", Words(FreeMethods))),
        Free(("method", Words([.. FreeMethods.Except(PolicyWords.CrossAttentionMethods, StringComparer.Ordinal)])), ("crossAttention", Words([.. PolicyWords.CrossAttentionMethods]))),
        Object(("method", Words("diff-quick-fix-published")), ("maxDrift?", Number(0, 1e9, 0.5)), ("allowFirstLayerOnly?", Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)))));

    private static Gen<JsonNode?> Free(params (string Key, Gen<JsonNode?> Value)[] methods) =>
        Object(
        [
            .. methods,
            ("layers?", Gen.OneOf(Words("auto"), Gen.OneOfConst(0, 1, 2, 11).Array[1, 4].Select(l => (JsonNode?)new JsonArray([.. l.Distinct().Select(n => JsonValue.Create(n))])))),
            ("lambda?", Number(1e-9, 1e9, 0.01)),
            ("tokens?", Words([.. PolicyWords.Tokens.Keys])),
            ("templates?", ListOf(Words("{}", "a {} and {}"), 0, 2)),
            ("contexts?", Whole(0, 10_000)),
            ("covarianceWeight?", Number(0, 1e9, 0.5)),
            ("preserve?", Words([.. PolicyWords.PreserveModes.Keys])),
            ("preserveWeight?", Number(0, 1e9, 0.5)),
            ("maxDrift?", Number(0, 1e9, 0.5)),
            ("harden?", Whole(0, 20)),
            ("allowFirstLayerOnly?", Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b))),
        ]);

    private static readonly Gen<JsonNode?> Generation = Object(("scheduler?", Words([.. SchedulerFactory.Names])), ("steps?", Whole(1, 1000)), ("guidanceScale?", Number(0, 100, 7.5)), ("seeds", Whole(20, 100_000)), ("looks?", Whole(1, 20)));

    private static readonly Gen<JsonNode?> Attack = Object(
        ("methods?", ListOf(Words([.. AttackSection.All]), 0, 3)), ("prompts?", Whole(1, 1000)), ("seeds?", Whole(1, 1000)), ("iterations?", Whole(1, 100_000)), ("candidates?", Whole(2, 100_000)), ("tokens?", Whole(1, 64)));

    private static readonly Gen<JsonNode?> Model = Object(
        ("base", Text), ("components?", Text), ("variant?", Text), ("digest?", Words("sha256:" + new string('a', 64), $" sha256:{new string('0', 64)} ")), ("output", Text));

    private static readonly Gen<JsonNode?> Waiver = Object(("gate", Words("gates-0")), ("concept", Words("concepts-0")), ("owner", Text), ("reason", Text), ("expires", Words("2026-12-31", "2028-02-29")));

    /// <summary>Policies that a reader accepts, but for a few that break a rule between their parts.</summary>
    public static Gen<JsonObject> Policies { get; } = Object(
        ("version", Gen.Const(1).Select(n => (JsonNode?)JsonValue.Create(n))),
        ("model", Model),
        ("scorer", Text),
        ("edit?", Edit),
        ("generation?", Generation),
        ("attack?", Attack),
        ("concepts", Gen.Select(Removed, Updated, ListOf(Gen.OneOf(Removed, Updated), 0, 2), (r, u, rest) => Joined(rest, r, u))),
        ("preserve", Gen.Select(Preserved, ListOf(Preserved, 0, 2), (p, rest) => Joined(rest, p))),
        ("gates", ListOf(Gate, 1, 3)),
        ("failOn?", Severity),
        ("waivers?", ListOf(Waiver, 0, 2))).Select(p => Distinct(p!.AsObject()));

    private static Gen<JsonNode?> Concept(string action, params (string, Gen<JsonNode?>)[] own) => Object([
        ("id", Words("x")), ("action", Words(action)), ("attribute", Attribute), ("match", ListOf(Words("name {0}", "Name of {0}"), 1, 1)), ("prompts", Prompts),
        .. own, ("distractors?", ListOf(Text, 0, 2)), ("severity?", Severity), ("owner?", Text), ("reason?", Text), ("displayName?", Text)]);

    private static Gen<JsonNode?> Gates(string[] metrics, string[] scopes) => Gen.OneOf(WithLimit(metrics, scopes, ("max", Limit)), WithLimit(metrics, scopes, ("min", Limit)), WithLimit(metrics, scopes, ("maxRatio", Limit)), WithLimit(metrics, scopes, ("minRatio", Limit)), WithLimit(metrics, scopes, ("maxDrop", Drop)));

    private static Gen<JsonNode?> Differences(string[] metrics, string[] scopes) => Gen.OneOf(WithLimit(metrics, scopes, ("max", Limit)), WithLimit(metrics, scopes, ("min", Limit)));

    private static Gen<JsonNode?> Compared(string[] metrics, string[] scopes) => Gen.OneOf(
        WithLimit(metrics, scopes, ("maxRatio", Limit), ("baseline", Text)), WithLimit(metrics, scopes, ("minRatio", Limit), ("baseline", Text)), WithLimit(metrics, scopes, ("maxDrop", Drop), ("baseline", Text)));

    private static Gen<JsonNode?> WithLimit(string[] metrics, string[] scopes, params (string, Gen<JsonNode?>)[] rest) => Object([("id", Words("x")), ("metric", Words(metrics)), ("on", Words(scopes)), .. rest]);

    private static Gen<JsonNode?> Words(params string[] words) => Gen.OneOfConst(words).Select(w => (JsonNode?)JsonValue.Create(w));

    private static Gen<JsonNode?> Whole(int low, int high) => Gen.OneOfConst(low, high, low + 1).Select(n => (JsonNode?)JsonValue.Create(n));

    private static Gen<JsonNode?> Number(params double[] values) => Gen.OneOfConst(values).Select(n => (JsonNode?)JsonValue.Create(n));

    private static Gen<JsonNode?> ListOf(Gen<JsonNode?> item, int low, int high) => item.Array[low, high].Select(items => (JsonNode?)new JsonArray(items));

    /// <summary>A mapping; a key that ends in a question mark may be missing.</summary>
    private static Gen<JsonNode?> Object(params (string Key, Gen<JsonNode?> Value)[] keys) => keys.Aggregate(
        Gen.Const(0).Select(_ => (JsonNode?)new JsonObject()),
        (mapping, key) => Gen.Select(mapping, Gen.Bool, key.Value, (m, isThere, value) =>
        {
            if (isThere || key.Key[^1] != '?') m![key.Key.TrimEnd('?')] = value;
            return m;
        }));

    private static JsonNode? Joined(JsonNode? rest, params JsonNode?[] first)
    {
        foreach (var node in first) rest!.AsArray().Insert(0, node);
        return rest;
    }

    // Ids and names are numbered, so that no two are the same.
    private static JsonObject Distinct(JsonObject policy)
    {
        foreach (var list in new[] { "concepts", "gates", "preserve" })
        {
            foreach (var (i, node) in policy[list]!.AsArray().Index())
            {
                if (node is not JsonObject entry) continue;
                if (entry.ContainsKey("id")) entry["id"] = FormattableString.Invariant($"{list}-{i}");
                if (entry["name"] is { } name) entry["name"] = name.GetValue<string>().Replace("{0}", FormattableString.Invariant($"{i}"), StringComparison.Ordinal);
                if (entry["match"] is JsonArray match) match[0] = match[0]!.GetValue<string>().Replace("{0}", FormattableString.Invariant($"{i}"), StringComparison.Ordinal);
            }
        }

        return policy;
    }
}
