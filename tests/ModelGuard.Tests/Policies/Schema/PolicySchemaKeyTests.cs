using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies.Schema;

/// <summary>The published schema names the reader's keys, words and defaults, and explains each key.</summary>
public sealed partial class PolicySchemaKeyTests
{
    private static readonly JsonNode Schema = JsonNode.Parse(PolicySchema.Text)!;

    [Fact]
    public void The_tool_brings_the_schema_that_the_repository_publishes() =>
        Assert.Equal(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "schemas", PolicySchema.FileName)), PolicySchema.Text);

    [Fact]
    public void Every_key_has_a_description_in_full_sentences()
    {
        (string Path, JsonNode Key)[] keys = [.. Keys(Schema, "")];

        Assert.InRange(keys.Length, 70, 200);
        Assert.All(keys, k => Assert.Matches("^[A-ZΜμλ`].*[.…]$", k.Key["description"]?.GetValue<string>() ?? $"No description of {k.Path}"));
    }

    [Fact]
    public void The_keys_of_every_mapping_are_those_that_the_reader_knows()
    {
        const string Spoilt = """
            version: 1
            zz: 1
            model: { base: b, output: o, zz: 1 }
            scorer: s
            edit: { zz: 1 }
            generation: { zz: 1 }
            attack: { zz: 1 }
            concepts: [{ id: a, action: remove, attribute: object, match: [b], replaceWith: c, prompts: { file: f, zz: 1 }, probes: { zz: 1 }, zz: 1 }]
            preserve: [{ name: n, zz: 1 }]
            gates: [{ id: g, metric: recognition, on: removed, max: 1, zz: 1 }]
            waivers: [{ gate: g, concept: a, owner: o, reason: r, expires: 2026-12-31, zz: 1 }]
            """;
        (string Name, JsonNode Mapping)[] mappings =
        [
            ("The policy", Schema), ("'model'", Definition("model")), ("'edit'", Definition("edit")), ("'generation'", Definition("generation")), ("'attack'", Definition("attack")), ("A concept", Definition("concept")),
            ("'prompts'", Definition("promptFile")), ("'probes'", Definition("concept")["properties"]!["probes"]!["anyOf"]![1]!), ("An entry of 'preserve'", Definition("preserved")["anyOf"]![1]!), ("A gate", Definition("gate")), ("A waiver", Definition("waiver")),
        ];

        var known = PolicyReader.Parse(Spoilt, "policy.yaml").Diagnostics.Where(d => d.Code == "MG0108").Select(d => KnownKeys().Match(d.Message).Groups).ToDictionary(g => g["name"].Value, g => g["keys"].Value, StringComparer.Ordinal);

        Assert.Equal(mappings.Select(m => m.Name).Order(StringComparer.Ordinal), known.Keys.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(mappings, m => Assert.Equal(known[m.Name], string.Join(", ", m.Mapping["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal))));
    }

    [Fact]
    public void The_words_of_the_schema_are_those_of_the_reader()
    {
        AssertWords(PolicyWords.Methods.Keys, Property("edit", "method"));
        AssertWords(PolicyWords.CrossAttentionMethods, Property("edit", "crossAttention"));
        AssertWords(PolicyWords.Tokens.Keys, Property("edit", "tokens"));
        AssertWords(PolicyWords.PreserveModes.Keys, Property("edit", "preserve"));
        AssertWords(SchedulerFactory.Names, Property("generation", "scheduler"));
        AssertWords(AttackSection.All, Property("attack", "methods")["items"]!);
        AssertWords(PolicyWords.Actions.Keys, Property("concept", "action"));
        AssertWords(PolicyWords.Attributes.Keys, Property("concept", "attribute"));
        AssertWords(PolicyWords.Attributes.Keys, Definition("preserved")["anyOf"]![1]!["properties"]!["attribute"]!);
        AssertWords(PolicyWords.Severities.Keys, Property("concept", "severity"));
        AssertWords(PolicyWords.Severities.Keys, Schema["properties"]!["failOn"]!);
        AssertWords(PolicyWords.ProbeKinds.Keys, Definition("probeKinds")["anyOf"]![1]!["items"]!);
        AssertWords(PolicyWords.Metrics, Property("gate", "metric"));
        AssertWords(PolicyWords.Scopes.Keys, Property("gate", "on"));
    }

    [Fact]
    public void The_defaults_of_the_schema_are_those_of_the_reader()
    {
        var spelledOut = YamlJson.Parse(PolicyText.Minimal)!;
        foreach (var section in new[] { "edit", "generation", "attack" }) spelledOut[section] = Defaults(Definition(section));
        foreach (var (key, value) in Defaults(Schema)) spelledOut[key] = value!.DeepClone();
        foreach (var (key, value) in Defaults(Definition("concept"))) spelledOut["concepts"]![0]![key] = value!.DeepClone();
        var preserved = Defaults(Definition("preserved")["anyOf"]![1]!);
        preserved["name"] = "moon";
        spelledOut["preserve"] = new JsonArray(preserved);

        Assert.Equal(Summary(PolicyText.Read(PolicyText.Minimal + "preserve: [moon]\n")), Summary(PolicyText.Read(spelledOut.ToJsonString())));
        Assert.Equal(22, new[] { "edit", "generation", "attack" }.Sum(s => spelledOut[s]!.AsObject().Count));
    }

    private static string Summary(Policy policy) => JsonSerializer.Serialize(new
    {
        policy.Edit,
        policy.Generation,
        policy.Attack,
        policy.FailOn,
        policy.Waivers,
        Concepts = policy.Concepts.Select(c => new { c.Severity, c.Probes, c.Distractors, c.Owner }),
        Preserve = policy.Preserve.Select(p => new { p.Name, p.Attribute, p.Prompts, p.Distractors }),
    });

    private static JsonObject Defaults(JsonNode mapping) => new(mapping["properties"]!.AsObject().Where(p => p.Value!["default"] is not null).Select(p => KeyValuePair.Create(p.Key, p.Value!["default"]?.DeepClone())));

    private static void AssertWords(IEnumerable<string> reader, JsonNode schema) => Assert.Equal(reader.Order(StringComparer.Ordinal), schema["enum"]!.AsArray().Select(w => w!.GetValue<string>()).Order(StringComparer.Ordinal), StringComparer.Ordinal);

    private static JsonNode Definition(string name) => Schema["$defs"]![name]!;

    private static JsonNode Property(string mapping, string key) => Definition(mapping)["properties"]![key]!;

    // Keys that a condition only forbids or narrows are explained where they stand.
    private static IEnumerable<(string Path, JsonNode Key)> Keys(JsonNode node, string path) => node switch
    {
        JsonArray list => list.SelectMany(n => Keys(n!, path)),
        JsonObject mapping => mapping.Where(p => p.Key is not ("if" or "then" or "allOf" or "default") && p.Value is JsonObject or JsonArray)
            .SelectMany(p => Keys(p.Value!, $"{path}/{p.Key}").Concat(p.Key == "properties" ? p.Value!.AsObject().Select(k => ($"{path}/{k.Key}", k.Value!)) : [])),
        _ => [],
    };

    [GeneratedRegex("^(?<name>.+) has no key 'zz'\\. Known keys: (?<keys>.+)\\.$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KnownKeys();
}
