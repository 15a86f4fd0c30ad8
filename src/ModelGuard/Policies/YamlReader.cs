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
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) return Empty();
            parser.Consume<DocumentStart>();
            var root = ReadNode(parser, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second)) diagnostics.Error("MG0103", At(second.Start), "The policy holds more than one YAML document. Put each policy into a file of its own.");
            return root is YamlScalar { Value: "" } ? Empty() : root;
        }
        catch (YamlException e)
        {
            diagnostics.Error("MG0101", At(e.Start), $"The policy is no valid YAML: {e.Message}");
            return null;
        }

        YamlNode? Empty()
        {
            diagnostics.Error("MG0102", (1, 1), "The policy is empty. It needs at least 'version', 'model', 'scorer', 'concepts' and 'gates'.");
            return null;
        }
    }

    private YamlNode? ReadNode(Parser parser, int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            diagnostics.Error("MG0104", At(alias.Start), $"The alias '*{alias.Value}' is not allowed in a policy. Write the value out, so that a reviewer sees it where it applies.");
            return null;
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
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (ReadNode(parser, depth + 1) is { } item) items.Add(item);
        }

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
                diagnostics.Error("MG0106", At(place), "A key of a mapping must be a single value.");
            }
            else if (!keys.TryAdd(name.Value, name))
            {
                diagnostics.Error("MG0107", (name.Line, name.Column), FormattableString.Invariant($"The key '{name.Value}' stands here a second time; it is first set in line {keys[name.Value].Line}. Keep one of them."));
            }
            else if (value is not null)
            {
                entries.Add((name, value));
            }
        }

        return new YamlMapping(Line(start.Start), Column(start.Start), entries.ToImmutable());
    }

    private static (int Line, int Column) At(Mark mark) => (Line(mark), Column(mark));

    private static int Line(Mark mark) => (int)Math.Max(1, mark.Line);

    private static int Column(Mark mark) => (int)Math.Max(1, mark.Column);
}
