using System.Text.RegularExpressions;
using CsCheck;

namespace ModelGuard.Rendering.Tests;

public sealed partial class UntrustedTextTests
{
    // Mostly what has a meaning somewhere, and any unit of UTF-16, halves of pairs too.
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.OneOfConst(HostileTexts.All),
        Gen.OneOf(Gen.OneOfConst("@`|#:<>\"'&\\[]()*_~\n\r\t eErRoORwWaArRnNiIgG1,".ToCharArray()), Gen.Char).Array[0, 40].Select(c => new string(c)));

    [Fact]
    public void Nothing_is_hidden_in_a_visible_text() => Texts.Sample(text => Assert.DoesNotMatch(@"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]", WithoutPairs(UntrustedText.Visible(text))));

    [Fact]
    public void A_visible_text_without_hidden_characters_stays_as_it_is() => Assert.Equal("a “star” – 星 🌟", UntrustedText.Visible("a “star” – 星 🌟"));

    [Fact]
    public void A_text_is_cut_where_it_is_too_long() => Gen.Select(Texts, Gen.Int[8, 30]).Sample((text, longest) => Assert.True(UntrustedText.Visible(text, longest).Length <= longest));

    [Fact]
    public void An_inert_text_neither_mentions_nor_commands_nor_looks_like_a_compiler() => Texts.Sample(text =>
    {
        var inert = UntrustedText.Inert(text);
        Assert.DoesNotContain("::", inert, StringComparison.Ordinal);
        Assert.DoesNotContain("##", inert, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"@[^\u2060]", inert);
        Assert.DoesNotMatch(Canonical(), $"| `{inert}` |");
    });

    [Fact]
    public void Markdown_sees_one_code_span_and_no_cell_more() => Texts.Sample(text =>
    {
        var cell = UntrustedText.InMarkdownCell(text);
        if (cell == "*(empty)*") return;
        var match = Span().Match(cell);
        Assert.True(match.Success, cell);
        Assert.DoesNotMatch($"(?<!`){match.Groups["fence"].Value}(?!`)", match.Groups["content"].Value);
        Assert.DoesNotMatch(@"(?<!\\)\|", cell);
        Assert.DoesNotContain('\n', cell);
    });

    [Fact]
    public void Html_sees_no_tag_and_no_end_of_an_attribute() => Texts.Sample(text =>
    {
        var html = UntrustedText.InHtml(text);
        Assert.DoesNotMatch("[<>\"']", html);
        Assert.Equal(UntrustedText.Visible(text), System.Net.WebUtility.HtmlDecode(html));
    });

    private static string WithoutPairs(string text) => Pair().Replace(text, "");

    // As MSBuild reads the lines of a tool (CanonicalError).
    [GeneratedRegex(@"^\s*(((?<origin>(((\d+>)?[a-zA-Z]?:[^:]*)|([^:]*))):)|())(?<sub>(()|([^:]*? )))(?<category>(error|warning))(\s*(?<code>[^: ]*))?\s*:(?<text>.*)$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Canonical();

    [GeneratedRegex("^(?<fence>`+)(?!`)(?<content>.+?)(?<!`)\\k<fence>$", RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Span();

    [GeneratedRegex(@"[\uD800-\uDBFF][\uDC00-\uDFFF]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pair();
}
