using CsCheck;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

/// <summary>A corpus of what people write, far beyond the golden prompts, against an independent byte-pair encoder.</summary>
public sealed class BytePairTests
{
    private static readonly string[] Pieces =
    [
        "a photo of", "Van Gogh", "WATERCOLOUR", "it's", "I'll", "they've", "we'd", "you're", "I'm", "don't", "the dogs'", "O'Keeffe", "rock 'n' roll",
        "café", "naïve", "Zürich", "São Paulo", "Łódź", "Ångström", "fiancée", "straße", "Øystein", "Đà Nẵng",
        "Москва", "Ελλάδα", "ελληνικά", "日本語", "東京タワー", "서울", "שלום", "مرحبا", "नमस्ते", "ไทย", "ქართული",
        "🐱", "🚀🔥", "👩‍🚀", "❤️", "🇩🇪", "👍🏽", "☕", "★★★", "→", "∑", "½", "²", "№", "€", "©",
        "8k", "1920x1080", "3.14159", "1,000,000", "4", "2026-11-25", "50%", "#1", "f/1.8", "C++", "a_b", "x=y", "(parentheses)", "[brackets]", "{braces}", "\"quoted\"",
        "!!!", "...", "?!", "--", "~", "^_^", ":-)", "|", "\\", "/", "@user", "https://example.com/a?b=c",
        "supercalifragilisticexpialidocious", "aaaaaaaaaaaaaaaaaaaaaaaa", "hjkl", "qwertyuiop", "ﷺ",
    ];

    private static readonly Gen<string> Texts = Gen.Select(Gen.OneOfConst(Pieces), Gen.OneOfConst(" ", "  ", "", ", ", "\t", "\n", "     ", " \n ", "\u00A0", "\u2009"))
        .Select((piece, gap) => piece + gap).Array[0, 30].Select(string.Concat);

    [Theory]
    [InlineData("tokenizer", 20_000)]
    [InlineData("sd1-tiny/tokenizer", 5_000)]
    public void Ids_equal_those_of_an_independent_encoder_on_a_corpus_of_what_people_write(string vocabulary, int texts)
    {
        var folder = Golden.Model(vocabulary);
        var tokenizer = CLIPTokenizer.Load(folder);
        var oracle = new BytePairOracle(folder);

        Texts.Sample(text => tokenizer.TokenizeToIds(text).SequenceEqual(oracle.Encode(text)), iter: texts);
    }

    [Fact]
    public void A_text_beyond_the_context_is_cut_to_its_first_75_tokens_between_begin_and_end()
    {
        var folder = Golden.Model("tokenizer");
        var tokenizer = CLIPTokenizer.Load(folder);
        var oracle = new BytePairOracle(folder);

        Texts.Array[10, 20].Select(string.Concat).Sample(
            text =>
            {
                long[] all = [.. oracle.Encode(text)];
                long[] expected = [tokenizer.BosId, .. all.Take(75), tokenizer.EosId];
                return tokenizer.Encode(text).SequenceEqual([.. expected, .. Enumerable.Repeat(tokenizer.PadId, 77 - expected.Length)]);
            },
            iter: 1_000);
    }
}
