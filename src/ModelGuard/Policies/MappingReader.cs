using System.Collections.Immutable;
using System.Globalization;

namespace ModelGuard.Policies;

/// <summary>Reads the keys of one mapping, notes every error, and at the end refuses keys that nobody asked for.</summary>
internal sealed class MappingReader(YamlMapping mapping, string name, PolicyDiagnostics diagnostics)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public YamlMapping Node => mapping;

    /// <summary>The value of a key, or null; an error when it is required and absent. A value that was refused already is null without another error.</summary>
    public YamlNode? Find(string key, bool required = false)
    {
        known.Add(key);
        var value = mapping.Entries.FirstOrDefault(e => e.Key.Value == key).Value;
        if (value is null && required) diagnostics.Error("MG0110", mapping, $"{name} needs the key '{key}'.");
        return value is YamlRefused ? null : value;
    }

    public string? Text(string key, bool required = false)
    {
        if (Find(key, required) is not { } node) return null;
        if (node is YamlScalar { Text: { } text }) return text;
        diagnostics.Error("MG0111", node, $"'{key}' must be a text that is not empty; here stands {node.Kind}.");
        return null;
    }

    public ImmutableArray<(string Value, YamlNode Node)> Texts(string key, bool required = false)
    {
        var result = ImmutableArray.CreateBuilder<(string, YamlNode)>();
        foreach (var item in Items(key, "a list of texts, for example [\"first\", \"second\"]", required).OfType<YamlNode>())
        {
            if (item is YamlScalar { Text: { } text }) result.Add((text, item));
            else diagnostics.Error("MG0111", item, $"Every entry of '{key}' must be a text that is not empty; here stands {item.Kind}.");
        }

        return result.ToImmutable();
    }

    /// <summary>A finite number in a range, both ends included.</summary>
    public double? Number(string key, double low, double high)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlScalar { IsQuoted: false, Value: var text }
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value >= low && value <= high)
        {
            return value;
        }

        diagnostics.Error("MG0113", node, FormattableString.Invariant($"'{key}' must be a number from {low} to {high}, written with a point; here stands {Quote(node)}."));
        return null;
    }

    /// <summary>A percentage from -100 % to 100 % as a share.</summary>
    public double? Percentage(string key)
    {
        if (Find(key) is not YamlScalar scalar) return null;
        if (double.TryParse(scalar.Value.AsSpan()[..^1], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value) && value is >= -100 and <= 100) return value / 100;
        diagnostics.Error("MG0113", scalar, $"'{key}' in percent must be from -100% to 100%, for example 5%; here stands '{scalar.Value}'.");
        return null;
    }

    public int? Integer(string key, int low, int high)
    {
        if (Find(key) is not { } node) return null;
        if (node is YamlScalar { IsQuoted: false, Value: var text } && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= low && value <= high) return value;
        diagnostics.Error("MG0113", node, FormattableString.Invariant($"'{key}' must be a whole number from {low} to {high}; here stands {Quote(node)}."));
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>, as YAML writes them.</summary>
    public bool? Truth(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlScalar { IsTruth: true, Value: var word }:
                return word == "true";
            case var node:
                diagnostics.Error("MG0114", node, $"'{key}' must be true or false, without quotation marks; here stands {Quote(node)}.");
                return null;
        }
    }

    /// <summary>One of some words.</summary>
    public T? Choice<T>(string key, IReadOnlyDictionary<string, T> words, bool required = false)
        where T : struct
    {
        if (Find(key, required) is not { } node) return null;
        if (node is YamlScalar { Value: var text } && words.TryGetValue(text, out var value)) return value;
        var hint = node is YamlScalar scalar ? Spelling.Hint(scalar.Value, words.Keys) : "";
        diagnostics.Error("MG0114", node, $"'{key}' must be one of {string.Join(", ", words.Keys)}; here stands {Quote(node)}.{hint}");
        return null;
    }

    /// <summary>A day as yyyy-MM-dd.</summary>
    public DateOnly? Day(string key, bool required = false)
    {
        if (Find(key, required) is not { } node) return null;
        if (node is YamlScalar { Value: var text } && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        diagnostics.Error("MG0115", node, $"'{key}' must be a day as yyyy-MM-dd, for example 2026-12-31; here stands {Quote(node)}.");
        return null;
    }

    /// <summary>A nested mapping; null, with an error, when something else stands there.</summary>
    public MappingReader? Section(string key, bool required = false) => Find(key, required) switch
    {
        null => null,
        YamlMapping nested => new MappingReader(nested, $"'{key}'", diagnostics),
        var node => Wrong(key, node),
    };

    /// <summary>The entries of a list; null, with an error, for an entry or for a whole list that cannot be read, so that nobody takes what is left for all there is.</summary>
    public ImmutableArray<YamlNode?> Items(string key, string what = "a list", bool required = false)
    {
        if (Find(key, required) is not { } node) return required || mapping.Entries.Any(e => e.Key.Value == key) ? [null] : [];
        if (node is not YamlSequence list)
        {
            diagnostics.Error("MG0111", node, $"'{key}' must be {what}; here stands {node.Kind}.");
            return [null];
        }

        if (required && list.Items.IsEmpty)
        {
            diagnostics.Error("MG0112", list, $"'{key}' must have at least one entry.");
            return [null];
        }

        return [.. list.Items.Select(item => item is YamlRefused ? null : item)];
    }

    /// <summary>The entries of a list of mappings, null where one cannot be read.</summary>
    public ImmutableArray<MappingReader?> Sections(string key, string entryName, bool required = false)
    {
        return [.. Items(key, required: required).Select(Entry)];

        MappingReader? Entry(YamlNode? item)
        {
            if (item is YamlMapping entry) return new MappingReader(entry, entryName, diagnostics);
            if (item is not null) diagnostics.Error("MG0111", item, $"Every entry of '{key}' must be a mapping of keys to values; here stands {item.Kind}.");
            return null;
        }
    }

    /// <summary>Refuses keys that were not asked for.</summary>
    public void Complete()
    {
        foreach (var (key, _) in mapping.Entries.Where(e => !known.Contains(e.Key.Value)))
        {
            diagnostics.Error("MG0108", key, $"{name} has no key '{key.Value}'.{Spelling.Hint(key.Value, known)} Known keys: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
        }
    }

    private MappingReader? Wrong(string key, YamlNode node)
    {
        diagnostics.Error("MG0111", node, $"'{key}' must be a mapping of keys to values; here stands {node.Kind}.");
        return null;
    }

    private static string Quote(YamlNode node) => node is YamlScalar scalar ? $"'{scalar.Value}'" : node.Kind;
}
