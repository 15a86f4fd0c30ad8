using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.ML.Tokenizers;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

/// <summary>The ids of the reference tokenizer, with the small vocabulary that is committed and with the real one where it is there.</summary>
public sealed partial class CLIPTokenizerTests
{
    private static readonly Gen<string> PlainText = Gen.Char["abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"()[]{}@#$%^*_+-=/\\|~`<>\t\n"].Array[0, 60].Select(c => new string(c));

    private static readonly Lazy<CLIPTokenizer> Real = new(() => CLIPTokenizer.Load(Golden.Model("tokenizer")));

    public static TheoryData<string> GoldenTexts() => [.. Cases().Select(c => c.GetProperty("text").GetString()!)];

    [Theory]
    [MemberData(nameof(GoldenTexts))]
    public void Every_golden_text_gives_the_references_ids_of_the_real_vocabulary(string text)
    {
        var tokenizer = Real.Value;
        var expected = Cases().First(c => c.GetProperty("text").GetString() == text);
        long[] ids = [.. expected.GetProperty("ids").EnumerateArray().Select(i => i.GetInt64())];

        Assert.Equal(ids, Unpadded(tokenizer, text));
        Assert.Equal(expected.GetProperty("length_before_truncation").GetInt32(), tokenizer.TokenizeToIds(text).Length + 2);
    }

    [Theory]
    [MemberData(nameof(GoldenTexts))]
    public void Every_golden_text_is_cut_into_the_references_words(string text)
    {
        // The committed half of the test above: joined again, the reference's tokens are the words that reach the byte pairs.
        var expected = Cases().First(c => c.GetProperty("text").GetString() == text);
        var tokens = string.Concat(expected.GetProperty("tokens").EnumerateArray().Skip(1).Select(t => t.GetString())).Replace("<|endoftext|>", "<|endoftext|></w>", StringComparison.Ordinal).Replace("<|startoftext|>", "<|startoftext|></w>", StringComparison.Ordinal);
        string[] words = [.. tokens.Split("</w>", StringSplitOptions.RemoveEmptyEntries).SkipLast(1)];
        var ours = ClipWords.Split(FullLowerCase.Convert(TextRepair.Repair(text))).Select(ByteLevel);

        Assert.Equal(words, ours.Take(words.Length), StringComparer.Ordinal);
    }

    [Fact]
    public void A_golden_prompt_is_padded_as_the_reference_pads_it()
    {
        var padding = Document().GetProperty("padding");
        var tokenizer = Real.Value;

        Assert.Equal(padding.GetProperty("pad_endoftext").GetProperty("input_ids").EnumerateArray().Select(i => i.GetInt64()), tokenizer.Encode(padding.GetProperty("text").GetString()!));
    }

    [Fact]
    public void Plain_text_keeps_the_ids_of_the_bare_byte_pair_tokenizer()
    {
        // Models are trained on these ids: no clean-up may ever touch them.
        var folder = Path.Combine(Golden.Model("sd1-tiny"), "tokenizer");
        var tokenizer = CLIPTokenizer.Load(folder);
        var bare = BpeTokenizer.Create(new BpeOptions(JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Path.Combine(folder, "vocab.json")))!)
        {
            Merges = File.ReadLines(Path.Combine(folder, "merges.txt")).Skip(1),
            EndOfWordSuffix = "</w>",
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(Pattern(), new Dictionary<string, int>(StringComparer.Ordinal)),
            Normalizer = new LowerCaseNormalizer(),
        });

        PlainText.Sample(text => tokenizer.TokenizeToIds(text).SequenceEqual(bare.EncodeToIds(text).Select(i => (long)i)), iter: 2000);
    }

    [Fact]
    public void A_prompt_of_any_characters_gives_ids_of_the_vocabulary()
    {
        var tokenizer = CLIPTokenizer.Load(Path.Combine(Golden.Model("sd1-tiny"), "tokenizer"));

        Gen.String.Sample(
            text =>
            {
                var ids = tokenizer.Encode(text);
                return ids.Length == 77 && ids[0] == tokenizer.BosId && ids.Contains(tokenizer.EosId) && ids.All(i => i >= 0 && i < tokenizer.VocabSize);
            },
            iter: 2000);
    }

    [Theory]
    [InlineData("<|startoftext|>cat<|endoftext|>", "S:cat:E")]
    [InlineData("<|ENDOFTEXT|> cat", "E:cat")]
    [InlineData("!!<|ENDOFTEXT|>", "!!<|:endoftext:|>")]
    [InlineData("!!<|endoftext|>", "!!:E")]
    public void Special_tokens_in_a_prompt_give_their_ids(string text, string parts)
    {
        var tokenizer = CLIPTokenizer.Load(Path.Combine(Golden.Model("sd1-tiny"), "tokenizer"));
        long[] expected = [.. parts.Split(':').SelectMany(p => p switch { "S" => [tokenizer.BosId], "E" => [tokenizer.EosId], _ => tokenizer.TokenizeToIds(p).ToArray() })];

        Assert.Equal(expected, tokenizer.TokenizeToIds(text));
    }

    [Fact]
    public void Padding_with_an_exclamation_mark_makes_it_special_in_prompts_too()
    {
        // Stable Diffusion 2: the pad token is '!', id 0, and the reference recognises it wherever it is written.
        using var folder = new TokenizerFolder();
        folder.Edit("special_tokens_map.json", "\"pad_token\": \"<|endoftext|>\"", "\"pad_token\": \"!\"");
        CLIPTokenizer plain = CLIPTokenizer.Load(Path.Combine(Golden.Model("sd1-tiny"), "tokenizer")), padded = CLIPTokenizer.Load(folder.Path);

        Assert.Equal(0, padded.PadId);
        Assert.Equal([.. plain.TokenizeToIds("cat"), 0, 0, .. plain.TokenizeToIds("dog")], padded.TokenizeToIds("cat!!dog"));
        Assert.NotEqual(plain.TokenizeToIds("cat!!dog"), padded.TokenizeToIds("cat!!dog"));
        Assert.All(padded.Encode("cat").Skip(2 + plain.TokenizeToIds("cat").Length), id => Assert.Equal(0, id));
    }

    [Fact]
    public void An_added_token_gives_its_id()
    {
        using var folder = new TokenizerFolder();
        folder.Write("added_tokens.json", """{"<my-cat>": 800}""");
        var tokenizer = CLIPTokenizer.Load(folder.Path);

        Assert.Equal(801, tokenizer.VocabSize);
        Assert.Equal([.. tokenizer.TokenizeToIds("a"), 800, .. tokenizer.TokenizeToIds("b")], tokenizer.TokenizeToIds("a <my-cat> b"));
    }

    [Fact]
    public void Letters_outside_the_basic_plane_are_letters()
    {
        Assert.Equal(["𝓬𝓪𝓽", "!", "𝟏", "𝟐", "🐱!"], ClipWords.Split("𝓬𝓪𝓽! 𝟏𝟐🐱!"), StringComparer.Ordinal);
    }

    private static long[] Unpadded(CLIPTokenizer tokenizer, string text) => [.. tokenizer.Encode(text).Take(Math.Min(tokenizer.MaxLength, tokenizer.TokenizeToIds(text).Length + 2))];

    private static string ByteLevel(string word)
    {
        // GPT-2's printable stand-ins for bytes: printable Latin-1 stays, the rest follows from U+0100.
        char[] stands = new char[256];
        var next = 0;
        for (var b = 0; b < 256; b++) stands[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)b : (char)(256 + next++);
        return string.Concat(System.Text.Encoding.UTF8.GetBytes(word).Select(b => stands[b]));
    }

    private static JsonElement Document()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Golden.Model("tokenizer_cases"), "cases.json")));
        return document.RootElement.Clone();
    }

    private static JsonElement[] Cases() => [.. Document().GetProperty("cases").EnumerateArray()];

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Pattern();
}
