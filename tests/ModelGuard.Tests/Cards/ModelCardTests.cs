using CsCheck;
using ModelGuard.Cards;
using ModelGuard.Reports;
using YamlDotNet.RepresentationModel;

namespace ModelGuard.Tests.Cards;

/// <summary>A model card says of an edit what it must, and keeps every other byte.</summary>
public sealed class ModelCardTests
{
    private static readonly CardFacts Facts = new("owner/base", "sha256:" + new string('a', 64), new PolicyReference("policy.yaml", "sha256:" + new string('b', 64)), "diff-quick-fix", ["text_encoder/text_model.encoder.layers.0.self_attn.out_proj.weight"]);
    private static readonly string[] Own = ["base_model", "base_model_relation", "tags"];

    [Fact]
    public void A_card_of_a_hub_looks_like_this() => Snapshot.Verify(ModelCard.Apply(
        """
        ---
        license: creativeml-openrail-m   # kept
        # What it is.
        tags:
          - stable-diffusion
          - text-to-image
        base_model: someone/older

        widget:
        - text: "a cat"
        ---

        # Tiny

        A model.

        """,
        Facts));

    [Theory]
    [InlineData("", "---\nbase_model: owner/base\nbase_model_relation: finetune\ntags:\n- concept-erasure\n- modelguard\n---\n")]
    [InlineData("---\n---\n", "---\nbase_model: owner/base\nbase_model_relation: finetune\ntags:\n- concept-erasure\n- modelguard\n---\n")]
    [InlineData("---\ntags: [a, b] # c\n---\n", "---\ntags: [a, b, concept-erasure, modelguard] # c\nbase_model: owner/base\nbase_model_relation: finetune\n---\n")]
    [InlineData("---\ntags: []\n---\n", "---\ntags: [concept-erasure, modelguard]\nbase_model: owner/base\nbase_model_relation: finetune\n---\n")]
    [InlineData("---\ntags: [\n  a,\n  ]\n---\n", "---\ntags: [\n  a,\n  concept-erasure, modelguard]\nbase_model: owner/base\nbase_model_relation: finetune\n---\n")]
    [InlineData("---\ntags: a\n---\n", "---\ntags:\n- a\n- concept-erasure\n- modelguard\nbase_model: owner/base\nbase_model_relation: finetune\n---\n")]
    [InlineData("---\ntags:   # none yet\n---\n", "---\ntags:   # none yet\n- concept-erasure\n- modelguard\nbase_model: owner/base\nbase_model_relation: finetune\n---\n")]
    [InlineData("---\ntags:\n  - modelguard\n---\n", "---\ntags:\n  - modelguard\n  - concept-erasure\nbase_model: owner/base\nbase_model_relation: finetune\n---\n")]
    [InlineData("---\r\ntags:\r\n- a\r\n---\r\n", "---\r\ntags:\r\n- a\r\n- concept-erasure\r\n- modelguard\r\nbase_model: owner/base\r\nbase_model_relation: finetune\r\n---\r\n")]
    [InlineData("---\nbase_model:\n- a/b\n- c/d\n# next\nlicense: mit\n---\n", "---\nbase_model: owner/base\n# next\nlicense: mit\nbase_model_relation: finetune\ntags:\n- concept-erasure\n- modelguard\n---\n")]
    [InlineData("---\nbase_model: 'owner/base'\n---\n", "---\nbase_model: 'owner/base'\nbase_model_relation: finetune\ntags:\n- concept-erasure\n- modelguard\n---\n")]
    public void Front_matter_is_changed_in_the_form_that_it_has(string card, string expected)
    {
        var result = ModelCard.Apply(card, Facts);

        Assert.Equal(expected, result[..expected.Length]);
        Assert.Equal(result, ModelCard.Apply(result, Facts));
        Assert.Equal("owner/base", ModelCard.BaseModelOf(result));
    }

    [Theory]
    [InlineData("---\na: 1\n", "does not end with another")]
    [InlineData("---\na: [1\n---\n", "is no valid YAML")]
    [InlineData("---\n{a: 1}\n---\n", "is no list of keys")]
    [InlineData("---\n- a\n---\n", "is no list of keys")]
    [InlineData("---\ntags: {a: 1}\n---\n", "is a mapping, and a list is expected")]
    [InlineData("---\ntags: &x [a]\nother: *x\n---\n", "uses an anchor or alias")]
    [InlineData("text\n<!-- modelguard:edit -->\n", "does not end with '<!-- /modelguard:edit -->'")]
    public void What_cannot_be_changed_safely_is_refused(string card, string why) => Assert.Contains(why, Assert.Throws<CardException>(() => ModelCard.Apply(card, Facts)).Message, StringComparison.Ordinal);

    [Fact]
    public void No_name_breaks_out_of_its_code_span()
    {
        var card = ModelCard.Apply("", Facts with { BaseModel = "a`b\n# c", Method = "m`", Policy = new PolicyReference("p`\r<script>", "d") });

        Assert.DoesNotContain("\n# c", card, StringComparison.Ordinal);
        Assert.Contains("`a'b?# c`", card, StringComparison.Ordinal);
        Assert.Contains("`p'?<script>`", card, StringComparison.Ordinal);
        Assert.Equal("a`b\n# c", ModelCard.BaseModelOf(card));
    }

    [Fact]
    public void Whatever_a_card_holds_all_else_stays_and_doing_it_twice_changes_nothing() => Card.Sample(card =>
    {
        var result = ModelCard.Apply(card, Facts);

        Assert.Equal(result, ModelCard.Apply(result, Facts));
        var (before, bodyBefore) = Parts(card);
        var (after, bodyAfter) = Parts(result);
        Assert.StartsWith(bodyBefore, bodyAfter, StringComparison.Ordinal);
        // Lines of other keys stay in their order, byte for byte.
        var rest = after.Split('\n').ToList();
        foreach (var line in before.Split('\n').Where(l => l.StartsWith("key", StringComparison.Ordinal) || l.StartsWith('#')))
        {
            var at = rest.IndexOf(line);
            Assert.True(at >= 0, $"'{line}' is lost.");
            rest.RemoveRange(0, at);
        }

        var (old, now) = (Read(before), Read(after));
        foreach (var key in old.Children.Keys.Where(k => !Own.Contains(((YamlScalarNode)k).Value, StringComparer.Ordinal))) Assert.Equal(old[key], now[key]);
        Assert.Equal("owner/base", ((YamlScalarNode)now["base_model"]).Value);
        string[] tags = [.. ((YamlSequenceNode)now["tags"]).Select(t => ((YamlScalarNode)t).Value!)];
        Assert.Equal(["concept-erasure", "modelguard"], tags.TakeLast(2), StringComparer.Ordinal);
    }, iter: 500);

    private static Gen<string> Card
    {
        get
        {
            var word = Gen.OneOfConst("a", "text-to-image", "\"quoted: text\"", "'single'", "1.5", "ünï");
            var list = word.List[0, 3];
            var value = Gen.OneOf(
                word.Select(w => $" {w}"),
                list.Select(l => $" [{string.Join(", ", l)}]"),
                Gen.Select(list, Gen.OneOfConst("", "  ")).Select((l, indent) => string.Concat(l.Select(w => $"\n{indent}- {w}"))),
                Gen.Const(" |\n  lines\n  # no comment\n"),
                word.Select(w => $" {w} # comment"));
            var own = Gen.OneOf(
                word.Select(w => $"base_model: {w}"),
                list.Select(l => $"base_model: [{string.Join(", ", l)}]"),
                Gen.Const("base_model:\n- a/b\n- c/d"));
            var tags = Gen.OneOf(list.Select(l => $"tags: [{string.Join(", ", l)}]"), Gen.Select(list, Gen.OneOfConst("", "    ")).Select((l, indent) => "tags:" + string.Concat(l.Select(w => $"\n{indent}- {w}"))), word.Select(w => $"tags: {w}"));
            var entries = Gen.Select(value.List[0, 4], own.List[0, 1], tags.List[0, 1], Gen.OneOfConst("", "# a comment", "\n# after a blank line")).Select((values, o, t, comment) => string.Join('\n', [.. values.Select((v, i) => FormattableString.Invariant($"key{i}:{v}")), comment, .. t, .. o]));
            return Gen.Select(entries, Gen.OneOfConst("", "# Title\n\nText.\n", "no end", "\n\n---\n\nrule\n"), Gen.Bool).Select((matter, body, isWindows) => $"---\n{matter}\n---\n{body}" is var card && isWindows ? card.Replace("\n", "\r\n", StringComparison.Ordinal) : $"---\n{matter}\n---\n{body}");
        }
    }

    private static (string FrontMatter, string Body) Parts(string card)
    {
        var lines = card.Split('\n');
        var end = Array.FindIndex(lines, 1, l => l.TrimEnd('\r') == "---");
        return (string.Join('\n', lines[1..end]), string.Join('\n', lines[(end + 1)..]));
    }

    private static YamlMappingNode Read(string frontMatter)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(frontMatter));
        return yaml.Documents is [{ RootNode: YamlMappingNode mapping }] ? mapping : [];
    }
}
