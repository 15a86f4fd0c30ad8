using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelGuard.Cards;

/// <summary>
/// The YAML between two lines of <c>---</c> at the start of a model card (Hugging Face, hub-docs, <c>model-cards.md</c>), changed line by line: what is not
/// set stays as it is written, comments and order included.
/// </summary>
internal sealed partial class FrontMatter
{
    private const string Fence = "---";
    private readonly List<string> lines;
    private readonly string lineEnd;
    // Until a line changes.
    private List<Entry>? entries;

    private FrontMatter(List<string> lines, string lineEnd) => (this.lines, this.lineEnd) = (lines, lineEnd);

    /// <summary>Splits a card into its front matter, which may be new, and the rest.</summary>
    /// <exception cref="CardException">It begins and never ends, or is no YAML mapping of one line or more for each key.</exception>
    public static (FrontMatter FrontMatter, string Body) Split(string card)
    {
        var ending = ModelCard.LineEnd(card);
        var all = Lines(card);
        if (all.Count == 0 || all[0].TrimEnd() != Fence) return (new FrontMatter([], ending), card);
        var end = all.FindIndex(1, l => l.TrimEnd() == Fence);
        if (end < 0) throw new CardException("The front matter of the model card begins with '---' and does not end with another. Add the second line.");
        var matter = new FrontMatter(all[1..end], ending);
        // Lines are counted as the parser counts them.
        if (matter.lines.Exists(l => l.TrimEnd('\r', '\n').AsSpan().IndexOfAny("\r\u0085\u2028\u2029") >= 0)) throw new CardException("The front matter of the model card holds a line break that is neither LF nor CR LF. Replace it by one of them.");
        matter.Entries();
        return (matter, string.Concat(all[(end + 1)..]));
    }

    /// <summary>The front matter with its fences.</summary>
    public override string ToString() => $"{Fence}{lineEnd}{string.Concat(lines)}{Fence}{lineEnd}";

    /// <summary>The value of a key where it is a single one; else null.</summary>
    public string? Get(string key) => Single(Entries().Find(e => e.Key == key));

    /// <summary>Sets a key to a single value, in place of whatever it had.</summary>
    public void Set(string key, string value)
    {
        var entry = Entries().Find(e => e.Key == key);
        if (Single(entry) == value) return;
        entries = null;
        var line = $"{key}: {Written(value)}{lineEnd}";
        if (entry is null)
        {
            lines.Add(line);
            return;
        }

        lines.RemoveRange(entry.First, entry.End - entry.First);
        lines.Insert(entry.First, line);
    }

    /// <summary>Adds values that a list lacks, in the form in which it is written.</summary>
    /// <exception cref="CardException">The key holds neither a list nor a single value.</exception>
    public void Add(string key, params IEnumerable<string> values)
    {
        var entry = Entries().Find(e => e.Key == key);
        var present = entry?.Value.OfType<Scalar>().Select(s => s.Value).ToArray() ?? [];
        string[] missing = [.. values.Except(present, StringComparer.Ordinal)];
        if (missing.Length == 0) return;
        entries = null;
        switch (entry?.Value)
        {
            case null:
                lines.Add($"{key}:{lineEnd}");
                lines.AddRange(missing.Select(v => $"- {Written(v)}{lineEnd}"));
                break;
            case [Scalar { Value: "", Style: ScalarStyle.Plain }]:
                lines.InsertRange(entry.End, missing.Select(v => $"- {Written(v)}{lineEnd}"));
                break;
            case [Scalar only]:
                lines.RemoveRange(entry.First, entry.End - entry.First);
                lines.InsertRange(entry.First, missing.Prepend(only.Value).Select(v => $"- {Written(v)}{lineEnd}").Prepend($"{key}:{lineEnd}"));
                break;
            case [SequenceStart { Style: SequenceStyle.Flow }, .., SequenceEnd end]:
                AddToFlow(end.Start, missing);
                break;
            case [SequenceStart, .., SequenceEnd]:
                var indent = new string(' ', (int)entry.Value[0].Start.Column - 1);
                lines.InsertRange(entry.End, missing.Select(v => $"{indent}- {Written(v)}{lineEnd}"));
                break;
            default:
                throw new CardException($"'{key}' in the front matter of the model card is a mapping, and a list is expected. Write it as a list.");
        }
    }

    private void AddToFlow(Mark end, string[] missing)
    {
        var (line, column) = ((int)end.Line - 1, (int)end.Column - 1);
        var before = string.Concat(lines[..line]) + lines[line][..column];
        var separator = before.TrimEnd().EndsWith('[') || before.TrimEnd().EndsWith(',') ? "" : ", ";
        lines[line] = $"{lines[line][..column]}{separator}{string.Join(", ", missing.Select(Written))}{lines[line][column..]}";
    }

    private List<Entry> Entries() => entries ??= Parse();

    private List<Entry> Parse()
    {
        try
        {
            var parser = new Parser(new StringReader(string.Concat(lines)));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return [];
            parser.Consume<DocumentStart>();
            if (!parser.TryConsume<MappingStart>(out var mapping) || mapping.Style == MappingStyle.Flow) throw new CardException("The front matter of the model card is no list of keys, one a line. Write it so.");
            var found = new List<Entry>();
            while (!parser.TryConsume<MappingEnd>(out _)) found.Add(ReadEntry(parser));
            return [.. found.Select((e, i) => e with { End = End(e.First, i + 1 < found.Count ? found[i + 1].First : lines.Count) })];
        }
        catch (YamlException e)
        {
            throw new CardException($"The front matter of the model card is no valid YAML: {e.Message} Correct it.", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner does not survive some brackets that are not closed, half a surrogate pair, and tags that are no URI.
            throw new CardException("The front matter of the model card is no valid YAML: a bracket or brace is not closed where it must be, or a tag or an escape means nothing. Correct it.", e);
        }
    }

    private static string? Single(Entry? entry) => entry is { Value: [Scalar only] } ? only.Value : null;

    private static Entry ReadEntry(Parser parser)
    {
        var key = parser.Consume<Scalar>();
        var value = new List<ParsingEvent>();
        var depth = 0;
        do
        {
            var next = parser.Consume<ParsingEvent>();
            if (next is AnchorAlias or NodeEvent { Anchor.IsEmpty: false }) throw new CardException($"'{key.Value}' in the front matter of the model card uses an anchor or alias, which is not followed. Write the value itself.");
            depth += next.NestingIncrease;
            value.Add(next);
        }
        while (depth > 0);
        return new Entry(key.Value, (int)key.Start.Line - 1, 0, value);
    }

    // Blank lines and comments before the next key belong to that one.
    private int End(int first, int next)
    {
        var end = next;
        while (end > first + 1 && (string.IsNullOrWhiteSpace(lines[end - 1]) || lines[end - 1].TrimStart().StartsWith('#'))) end--;
        return end;
    }

    private static string Written(string value) => Plain().IsMatch(value) && !Word().IsMatch(value) ? value : JsonSerializer.Serialize(value, CardJson.Default.String);

    private static List<string> Lines(string text)
    {
        var result = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is var found and >= 0 ? found + 1 : text.Length;
            result.Add(text[start..end]);
            start = end;
        }

        return result;
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_./-]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();

    // What YAML 1.1 and 1.2 read as something else than text.
    [GeneratedRegex(@"\A(true|false|null|yes|no|on|off|y|n)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();

    /// <summary>A key with the lines that it takes, from <paramref name="First"/> to before <paramref name="End"/>, and the events of its value.</summary>
    private sealed record Entry(string Key, int First, int End, List<ParsingEvent> Value);
}

/// <summary>Texts as JSON, which is YAML.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class CardJson : System.Text.Json.Serialization.JsonSerializerContext;
