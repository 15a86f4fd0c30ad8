using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies.Schema;

/// <summary>
/// The tables of <c>docs/policy.md</c>, made from the schema. What a validator knows makes most of a row; <c>x-type</c>, <c>x-default</c> and
/// <c>x-see</c> say what it cannot: a type in words, a default that is no value, where to read on.
/// </summary>
internal static partial class PolicyReference
{
    private static readonly JsonNode Schema = JsonNode.Parse(PolicySchema.Text)!;

    /// <summary>A page with the tables between its markers made anew, and their names.</summary>
    public static (string Page, string[] Tables) Renew(string page) =>
        (Marked().Replace(page, m => $"{m.Groups["begin"].Value}{Table(m.Groups["name"].Value)}{m.Groups["end"].Value}"), [.. Marked().Matches(page).Select(m => m.Groups["name"].Value)]);

    private static string Table(string name)
    {
        var mapping = name == "policy" ? Schema : Schema["$defs"]![name]!;
        // An entry that may also be a text.
        if (mapping["anyOf"] is JsonArray choices) mapping = choices.Single(c => c!["properties"] is not null)!;
        string[] required = [.. mapping["required"]?.AsArray().Select(k => k!.GetValue<string>()) ?? []];
        var table = new StringBuilder("| Key | Type | Default | Meaning |\n|---|---|---|---|\n");
        foreach (var (key, value) in mapping["properties"]!.AsObject())
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{key}` | {Type(value!)} | {(required.Contains(key, StringComparer.Ordinal) ? "required" : Default(value!))} | {Meaning(value!)} |\n");
        }

        return table.ToString();
    }

    private static string Type(JsonNode key) => (Text(key, "x-type"), Text(key, "type"), key) switch
    {
        ({ } words, _, _) => words,
        _ when key["const"] is { } only => $"`{only}`",
        _ when key["enum"] is JsonArray words => Words(words),
        _ when Text(key, "$ref") is { } reference => Text(Schema["$defs"]![reference["#/$defs/".Length..]]!, "x-type") ?? "mapping",
        (_, "boolean", _) => "`true`, `false`",
        (_, "integer", _) => $"{Number(key["minimum"]!)} to {Number(key["maximum"]!)}",
        (_, "number", _) => $"number, {Number(key["minimum"]!)} to {Number(key["maximum"]!)}",
        (_, "array", _) => $"list of {(key["items"]!["enum"] is JsonArray words ? Words(words) : "texts")}{(key["minItems"] is null ? "" : ", not empty")}",
        _ => throw new InvalidOperationException($"The key {key.GetPath()} of the schema has no type that can be put into words; give it an x-type."),
    };

    private static string Default(JsonNode key) => Text(key, "x-default") ?? key["default"] switch
    {
        null => "none",
        JsonArray { Count: 0 } => "empty",
        JsonArray list => $"`{list.ToJsonString()}`",
        var value => $"`{value}`",
    };

    private static string Meaning(JsonNode key)
    {
        var description = Text(key, "description")!;
        return Text(key, "x-see") is { } see ? $"{description} See {see}" : description.TrimEnd('.');
    }

    private static string Words(JsonArray words) => string.Join(", ", words.Select(w => $"`{w}`"));

    private static string Number(JsonNode number) => number.GetValue<double>() switch
    {
        > 0 and < 1e-3 and var small => small.ToString("0e-0", CultureInfo.InvariantCulture),
        >= 1e9 and var large => large.ToString("0e0", CultureInfo.InvariantCulture),
        var value => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string? Text(JsonNode key, string name) => key[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    [GeneratedRegex("(?<begin>^<!-- table: (?<name>[a-z]+) -->\n)(?<table>.*?)(?<end>^<!-- end -->$)", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marked();
}
