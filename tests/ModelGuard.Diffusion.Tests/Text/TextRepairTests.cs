using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

public sealed class TextRepairTests
{
    [Theory]
    [InlineData("schÃ¶n", "schön")]
    [InlineData("itâ€™s", "it's")]
    [InlineData("â€œquotedâ€\u009d", "\"quoted\"")]
    [InlineData("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет")]
    [InlineData("æ—¥æœ¬", "日本")]
    [InlineData("ðŸ˜€", "😀")]
    [InlineData("schÃƒÂ¶n", "schön")]
    public void Utf_8_that_was_read_as_windows_1252_is_put_right(string text, string expected) => Assert.Equal(expected, TextRepair.Repair(text));

    [Theory]
    [InlineData("CAFÉ’S", "CAFÉ'S")]
    [InlineData("le café\u00A0»", "le café\u00A0»")]
    [InlineData("voilà… façade, Ångström, Köln — naïve", "voilà… façade, Ångström, Köln — naïve")]
    [InlineData("Âme", "Âme")]
    [InlineData("100 €", "100 €")]
    public void Honest_accents_and_typography_stay(string text, string expected) => Assert.Equal(expected, TextRepair.Repair(text));

    [Theory]
    [InlineData("a &amp; b", "a & b")]
    [InlineData("&amp;amp;", "&")]
    [InlineData("&EACUTE;&Eacute;&eacute;", "ÉÉé")]
    [InlineData("&#233;&#xE9;&#128;", "éé€")]
    [InlineData("<b> &amp;", "<b> &amp;")]
    [InlineData("&lt;\n&amp; <\n&amp;\n&amp;", "<\n&amp; <\n&amp;\n&amp;")]
    [InlineData("&nothing; &amp", "&nothing; &amp")]
    public void Entities_are_decoded_until_a_line_has_an_angle_bracket(string text, string expected) => Assert.Equal(expected, TextRepair.Repair(text));

    [Theory]
    [InlineData("“a” ‘b’ ‛c‟", "\"a\" 'b' 'c\"")]
    [InlineData("ﬁne oﬃce ǅ", "fine office Dž")]
    [InlineData("ＦＵＬＬ　ｗｉｄｔｈ！", "FULL width!")]
    [InlineData("ｶﾞｷﾞ", "ガギ")]
    [InlineData("￠￥￩", "¢¥←")]
    [InlineData("a\0b\a\uFEFF\u001B[31mred\u001B[0m", "abred")]
    [InlineData("\u0093quoted\u0094", "\"quoted\"")]
    [InlineData("e\u0301", "é")]
    public void Quotes_ligatures_widths_and_controls_become_plain(string text, string expected) => Assert.Equal(expected, TextRepair.Repair(text));

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character() => Assert.Equal("a\uFFFDb", TextRepair.Repair("a" + '\uD83D' + "b"));

    [Theory]
    [InlineData("İSTANBUL", "i\u0307stanbul")]
    [InlineData("ΟΔΟΣ ΣΟΦΟΣ", "οδος σοφος")]
    [InlineData("Σ ΑΣ. ΑΣ.Α ΑΣ'", "σ ας. ασ.α ας'")]
    [InlineData("ẞ Ｑ 𐐀", "ß ｑ 𐐨")]
    public void Lower_case_follows_the_full_mapping(string text, string expected) => Assert.Equal(expected, FullLowerCase.Convert(text));
}
