using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace ModelGuard.Policies;

/// <summary>
/// YAML text to nodes, on YamlDotNet's event level: anchors, aliases, tags, several documents and duplicate keys are errors, so that what a
/// reviewer reads is what is applied.
/// </summary>
internal sealed class YamlReader(PolicyDiagnostics diagnostics)
{
    private const int MaximumDepth = 12;

    /// <summary>The root, or null when nothing usable is there.</summary>
    public YamlNode? Read(string text)
    {
        var scanner = new Scanner(new StringReader(text));
        try
        {
            var parser = new Parser(scanner);
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return Empty();
            parser.Consume<DocumentStart>();
            var root = ReadNode(parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second)) diagnostics.Error("MG0103", Inside(text, second.Start), "The policy holds more than one YAML document. Put each policy into a file of its own.");
            return root is YamlScalar { Value: "" } ? Empty() : root;
        }
        catch (YamlException e)
        {
            diagnostics.Error("MG0101", Inside(text, e.Start), $"The policy is no valid YAML: {e.Message}");
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner does not survive some brackets that are not closed, half a surrogate pair, and tags that are no URI.
            diagnostics.Error("MG0101", Inside(text, scanner.CurrentPosition), "The policy is no valid YAML: it cannot be read from here on. Probably a bracket, a brace or a quotation mark before this place is not closed, or a tag or an escape like \\ud800 stands here that means nothing.");
            return null;
        }

        YamlNode? Empty()
        {
            diagnostics.Error("MG0102", (1, 1), "The policy is empty. It needs at least 'version', 'model', 'scorer', 'concepts' and 'gates'.");
            return null;
        }
    }

    private YamlNode ReadNode(Parser parser, int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            diagnostics.Error("MG0104", At(alias.Start), $"The alias '*{alias.Value}' is not allowed in a policy. Write the value out, so that a reviewer sees it where it applies.");
            return new YamlRefused(Line(alias.Start), Column(alias.Start));
        }

        if (parser.Current is NodeEvent node) CheckNode(node, depth);
        if (parser.TryConsume<Scalar>(out var scalar)) return new YamlScalar(Line(scalar.Start), Column(scalar.Start), scalar.Value, scalar.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted or ScalarStyle.Literal or ScalarStyle.Folded);
        if (parser.TryConsume<SequenceStart>(out var list)) return ReadSequence(parser, list, depth);
        return ReadMapping(parser, parser.Consume<MappingStart>(), depth);
    }

    private void CheckNode(NodeEvent node, int depth)
    {
        if (!node.Anchor.IsEmpty) diagnostics.Error("MG0104", At(node.Start), $"The anchor '&{node.Anchor.Value}' is not allowed in a policy. Write the value out where it applies.");
        if (!node.Tag.IsEmpty) diagnostics.Error("MG0105", At(node.Start), $"The tag '{node.Tag}' is not allowed in a policy. Remove it.");
        if (depth > MaximumDepth) throw new YamlException(node.Start, node.End, FormattableString.Invariant($"it is nested deeper than {MaximumDepth} levels."));
    }

    private YamlSequence ReadSequence(Parser parser, SequenceStart start, int depth)
    {
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(ReadNode(parser, depth + 1));
        return new YamlSequence(Line(start.Start), Column(start.Start), items.ToImmutable());
    }

    private YamlMapping ReadMapping(Parser parser, MappingStart start, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<(YamlScalar, YamlNode)>();
        var keys = new Dictionary<string, YamlScalar>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var place = parser.Current!.Start;
            var key = ReadNode(parser, depth + 1);
            var value = ReadNode(parser, depth + 1);
            if (key is not YamlScalar name)
            {
                if (key is not YamlRefused) diagnostics.Error("MG0106", At(place), "A key of a mapping must be a single value.");
            }
            else if (!keys.TryAdd(name.Value, name))
            {
                diagnostics.Error("MG0107", (name.Line, name.Column), FormattableString.Invariant($"The key '{name.Value}' stands here a second time; it is first set in line {keys[name.Value].Line}. Keep one of them."));
            }
            else
            {
                entries.Add((name, value));
            }
        }

        return new YamlMapping(Line(start.Start), Column(start.Start), entries.ToImmutable());
    }

    // The parser looks for the rest of an unfinished text behind its end. These are YAML's line breaks.
    private static (int Line, int Column) Inside(string text, Mark mark)
    {
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n', '\r', '\u0085', '\u2028', '\u2029');
        var (line, column) = At(mark);
        return line > lines.Length ? (lines.Length, lines[^1].Length + 1) : (line, Math.Min(column, lines[line - 1].Length + 1));
    }

    private static (int Line, int Column) At(Mark mark) => (Line(mark), Column(mark));

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    private static int Column(Mark mark) => (int)Math.Max(1, mark.Column);
}
