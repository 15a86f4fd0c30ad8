using System.Text;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Tests.Policies;

/// <summary>Files that are no YAML of the allowed kind.</summary>
public sealed class PolicyFileErrorTests
{
    [Fact]
    public void A_missing_file_is_named()
    {
        using var folder = new TemporaryFolder();

        AssertFileRefused(folder["none.yaml"], "MG0100", $"'{folder["none.yaml"]}' does not exist");
    }

    [Fact]
    public void A_folder_is_no_policy()
    {
        using var folder = new TemporaryFolder();

        AssertFileRefused(folder.Path, "MG0100", "does not exist");
    }

    [Fact]
    public void A_file_over_the_limit_is_not_read_and_one_at_the_limit_is()
    {
        using var folder = new TemporaryFolder();
        var text = PolicyText.Minimal + "#";
        File.WriteAllText(folder["large.yaml"], text.PadRight(1_000_001, '.'));
        File.WriteAllText(folder["limit.yaml"], text.PadRight(1_000_000, '.'));

        AssertFileRefused(folder["large.yaml"], "MG0109", "has 1000001 bytes; the limit is 1000000");
        Assert.NotNull(PolicyReader.Read(folder["limit.yaml"]).Policy);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xFF })]
    [InlineData(new byte[] { 0xC3 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void A_file_that_is_no_utf_8_is_refused(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["policy.yaml"], [.. Encoding.UTF8.GetBytes(PolicyText.Minimal), .. bytes]);

        AssertFileRefused(folder["policy.yaml"], "MG0101", "no valid UTF-8");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\n")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    [InlineData("\uFEFF")]
    public void A_policy_of_nothing_is_refused(string text) => PolicyText.AssertRefused(text, "MG0102", 1, 1, "is empty");

    [Theory]
    [InlineData("scorer: clip", "scorer: [clip", 6, 1)]
    [InlineData("scorer: clip", "scorer: \"clip", 5, 9)]
    [InlineData("scorer: clip", "scorer: clip\n\tx: 1", 5, 9)]
    [InlineData("scorer: clip", "scorer: clip: x", 5, 13)]
    [InlineData("scorer: clip", "scorer: }", 5, 9)]
    [InlineData("scorer: clip", "scorer: \"\\q\"", 5, 9)]
    public void Broken_yaml_is_refused_at_its_place(string old, string broken, int line, int column) =>
        PolicyText.AssertRefused(PolicyText.With(old, broken), "MG0101", line, column, "is no valid YAML: ");

    [Fact]
    public void Twelve_levels_are_read_and_thirteen_are_not()
    {
        PolicyText.AssertRefused(PolicyText.With("scorer: clip", $"scorer: {new string('[', 12)}x{new string(']', 12)}"), "MG0101", 5, 21, "nested deeper than 12 levels");
        PolicyText.AssertRefused(PolicyText.With("scorer: clip", $"scorer: {new string('[', 11)}x{new string(']', 11)}"), "MG0111", 5, 9, "'scorer' must be a text");
    }

    [Fact]
    public void A_million_brackets_are_refused_at_once() => Assert.Equal("MG0101", Assert.Single(PolicyReader.Parse(new string('[', 1_000_000), "policy.yaml").Diagnostics).Code);

    [Fact]
    public void A_second_document_is_refused_and_an_end_mark_is_none()
    {
        PolicyText.AssertRefused(PolicyText.Minimal + "---\nversion: 1\n", "MG0103", 15, 1, "more than one YAML document");
        PolicyText.Read("---\n" + PolicyText.Minimal + "...\n");
    }

    [Theory]
    [InlineData("scorer: clip", "scorer: &s clip", "MG0104", 5, 9, "The anchor '&s' is not allowed")]
    [InlineData("match: [\"star\"]", "match: &names [\"star\"]", "MG0104", 10, 12, "The anchor '&names'")]
    [InlineData("scorer: clip", "scorer: *s", "MG0104", 5, 9, "The alias '*s' is not allowed")]
    [InlineData("match: [\"star\"]", "match: [\"star\", *s]", "MG0104", 10, 21, "The alias '*s'")]
    [InlineData("match: [\"star\"]", "match: [*s]", "MG0104", 10, 13, "The alias '*s'")]
    [InlineData("  - { id: gone, metric: recognition, on: removed, max: 0.05 }", "  - *s", "MG0104", 14, 5, "The alias '*s'")]
    [InlineData("scorer: clip", "scorer: clip\n*s : x", "MG0104", 6, 1, "The alias '*s'")]
    [InlineData("scorer: clip", "scorer: clip\npreserve: *s", "MG0104", 6, 11, "The alias '*s'")]
    [InlineData("scorer: clip", "scorer: clip\nedit: { layers: [0, *s] }", "MG0104", 6, 21, "The alias '*s'")]
    [InlineData("scorer: clip", "scorer: !!str clip", "MG0105", 5, 9, "The tag 'tag:yaml.org,2002:str' is not allowed")]
    [InlineData("scorer: clip", "scorer: ! clip", "MG0105", 5, 9, "The tag '!' is not allowed")]
    [InlineData("prompts: [\"a {concept}\"]", "prompts: !list [\"a {concept}\"]", "MG0105", 12, 14, "The tag '!list'")]
    [InlineData("scorer: clip", "scorer: clip\n? [a, b]\n: c", "MG0106", 6, 3, "A key of a mapping must be a single value")]
    [InlineData("scorer: clip", "scorer: clip\nscorer: other", "MG0107", 6, 1, "'scorer' stands here a second time; it is first set in line 5")]
    [InlineData("max: 0.05 }", "max: 0.05, \"max\": 1 }", "MG0107", 14, 62, "'max' stands here a second time; it is first set in line 14")]
    public void Yaml_that_hides_something_from_a_reader_is_refused(string old, string replacement, string code, int line, int column, string sentence) =>
        PolicyText.AssertRefused(PolicyText.With(old, replacement), code, line, column, sentence);

    [Theory]
    [InlineData("- version: 1\n", 1, 1, "a list")]
    [InlineData("\n  policy\n", 2, 3, "a single value")]
    public void A_policy_that_is_no_mapping_is_refused(string text, int line, int column, string kind) => PolicyText.AssertRefused(text, "MG0106", line, column, $"here stands {kind}");

    [Fact]
    public void Nothing_behind_a_null_character_is_hidden() =>
        Assert.Null(PolicyReader.Parse(PolicyText.Minimal + "\0failOn: critical\n", "policy.yaml").Policy);

    private static void AssertFileRefused(string path, string code, string sentence)
    {
        var result = PolicyReader.Read(path);
        Assert.Null(result.Policy);
        var only = Assert.Single(result.Diagnostics);
        Assert.Equal((code, DiagnosticSeverity.Error, new SourceLocation(path, 1, 1)), (only.Code, only.Severity, only.Location));
        Assert.Contains(sentence, only.Message, StringComparison.Ordinal);
    }
}
