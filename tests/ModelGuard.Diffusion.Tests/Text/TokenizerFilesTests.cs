using System.Text;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

/// <summary>Files of a tokenizer that anyone may have written: each defect is refused with a code and a sentence.</summary>
public sealed class TokenizerFilesTests
{
    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("special_tokens_map.json")]
    [InlineData("tokenizer_config.json")]
    public void A_missing_file_is_named(string name) => AssertRefused(f => f.Delete(name), "MG0243", name, "is missing");

    [Theory]
    [InlineData("vocab.json", "MG0240")]
    [InlineData("merges.txt", "MG0241")]
    [InlineData("special_tokens_map.json", "MG0220")]
    [InlineData("tokenizer_config.json", "MG0220")]
    public void A_file_cut_in_half_is_refused(string name, string code) => AssertRefused(f => f.Write(name, f.Read(name)[..(f.Read(name).Length / 2)]), code, name);

    [Theory]
    [InlineData("vocab.json", "MG0240")]
    [InlineData("merges.txt", "MG0241")]
    [InlineData("special_tokens_map.json", "MG0220")]
    [InlineData("tokenizer_config.json", "MG0220")]
    public void An_empty_file_is_refused(string name, string code) => AssertRefused(f => f.Write(name, ""), code, name);

    [Theory]
    [InlineData("null", "holds no entries")]
    [InlineData("{}", "holds no entries")]
    [InlineData("[1, 2]", "does not map each token to one whole number")]
    [InlineData("""{"a": "0"}""", "does not map each token to one whole number")]
    [InlineData("""{"a": 0.5}""", "does not map each token to one whole number")]
    [InlineData("""{"a": 99999999999}""", "does not map each token to one whole number")]
    [InlineData("""{"a": 0, "a": 1}""", "does not map each token to one whole number")]
    [InlineData("""{"a": 0, "b": 0}""", "gives the id 0 to both 'a' and 'b'")]
    [InlineData("""{"a": 0, "b": -1}""", "the token 'b' the id -1; its 2 entries need the ids 0 to 1")]
    [InlineData("""{"a": 0, "b": 2}""", "the token 'b' the id 2; its 2 entries need the ids 0 to 1")]
    public void A_vocabulary_that_is_no_numbering_of_tokens_is_refused(string json, string sentence) => AssertRefused(f => f.Write("vocab.json", json), "MG0240", "vocab.json", sentence);

    [Theory]
    [InlineData("one", "a merge is two symbols with one space between them, not 'one'")]
    [InlineData("a b c", "not 'a b c'")]
    [InlineData(" a", "not ' a'")]
    [InlineData("a ", "not 'a '")]
    [InlineData("nobody knows", "vocab.json has no entry 'nobody'")]
    [InlineData("! nothing", "vocab.json has no entry 'nothing'")]
    [InlineData("! !</w>", "vocab.json has no entry '!!</w>'")]
    public void A_merge_that_the_vocabulary_does_not_know_is_refused(string line, string sentence) => AssertRefused(f => f.Write("merges.txt", f.Read("merges.txt") + line + "\n"), "MG0241", "merges.txt", sentence);

    [Fact]
    public void A_merge_that_stands_there_twice_is_refused() => AssertRefused(
        f => f.Write("merges.txt", string.Join('\n', [.. f.Read("merges.txt").TrimEnd('\n').Split('\n'), f.Read("merges.txt").Split('\n')[2]]) + "\n"),
        "MG0241",
        "merges.txt",
        "are merged by line 3 already");

    [Fact]
    public void Merges_cut_off_at_the_end_of_a_line_are_noticed() => AssertRefused(
        f => f.Write("merges.txt", string.Join('\n', f.Read("merges.txt").Split('\n').SkipLast(10)) + "\n"),
        "MG0241",
        "merges.txt",
        "which no line of");

    [Theory]
    [InlineData("1000000000000000019884624838656")]
    [InlineData("4097")]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("-77")]
    [InlineData("77.5")]
    [InlineData("1e999")]
    public void An_absurd_length_is_refused(string length) => AssertRefused(f => f.Edit("tokenizer_config.json", "\"model_max_length\": 77", $"\"model_max_length\": {length}"), "MG0224", "tokenizer_config.json", "it must be a whole number from 3 to 4096");

    [Theory]
    [InlineData("\"many\"")]
    [InlineData("[77]")]
    public void A_length_that_is_no_number_is_refused(string length) => AssertRefused(f => f.Edit("tokenizer_config.json", "\"model_max_length\": 77", $"\"model_max_length\": {length}"), "MG0224", "tokenizer_config.json", "'model_max_length'");

    [Theory]
    [InlineData("\"<|pad|>\"", "MG0242", "names '<|pad|>' as its 'pad_token'")]
    [InlineData("\"\"", "MG0242", "names '' as its 'pad_token'")]
    [InlineData("7", "MG0224", "'pad_token'")]
    [InlineData("{\"content\": 7}", "MG0224", "'content'")]
    public void A_special_token_that_does_not_exist_is_refused(string token, string code, string sentence) => AssertRefused(f => f.Edit("special_tokens_map.json", "\"pad_token\": \"<|endoftext|>\"", $"\"pad_token\": {token}"), code, "", sentence);

    [Theory]
    [InlineData("""{"<x>": 801}""", "adds the token '<x>' with the id 801")]
    [InlineData("""{"<x>": 5}""", "adds the token '<x>' with the id 5")]
    [InlineData("""{"<x>": -1}""", "adds the token '<x>' with the id -1")]
    [InlineData("""{"!": 800}""", "adds the token '!' with the id 800")]
    [InlineData("""{"": 800}""", "adds the token '' with the id 800")]
    [InlineData("""{"<|endoftext|>": 5}""", "added_tokens.json gives it 5")]
    public void An_added_token_with_an_impossible_id_is_refused(string json, string sentence) => AssertRefused(f => f.Write("added_tokens.json", json), "MG0242", "", sentence);

    [Theory]
    [InlineData("\"799\": {", "\"x\": {")]
    [InlineData("\"added_tokens_decoder\": {", "\"added_tokens_decoder\": 7, \"other\": {")]
    [InlineData("\"content\": \"<|endoftext|>\"", "\"content\": 7")]
    public void An_added_tokens_decoder_of_another_form_is_refused(string old, string replacement) => AssertRefused(f => f.Edit("tokenizer_config.json", old, replacement), "MG0224", "tokenizer_config.json", "'added_tokens_decoder' must map ids to objects");

    [Fact]
    public void A_file_that_is_no_utf_8_is_refused() => AssertRefused(f => File.WriteAllBytes(Path.Combine(f.Path, "merges.txt"), [.. Encoding.UTF8.GetBytes(f.Read("merges.txt")), 0xFF, 0x20, 0xFE]), "MG0243", "merges.txt", "is not UTF-8 text");

    [Fact]
    public void A_huge_file_is_refused_before_it_is_read() => AssertRefused(
        f =>
        {
            using var file = File.OpenWrite(Path.Combine(f.Path, "vocab.json"));
            file.SetLength(5L << 30);
        },
        "MG0243",
        "vocab.json",
        "has 5368709120 bytes");

    [Fact]
    public void Windows_line_ends_in_the_merges_change_nothing()
    {
        using var folder = new TokenizerFolder();
        var before = CLIPTokenizer.Load(folder.Path).Encode("a painting of the shapes");
        folder.Write("merges.txt", folder.Read("merges.txt").Replace("\n", "\r\n", StringComparison.Ordinal));

        Assert.Equal(before, CLIPTokenizer.Load(folder.Path).Encode("a painting of the shapes"));
    }

    private static void AssertRefused(Action<TokenizerFolder> damage, string code, string name, string sentence = "")
    {
        using var folder = new TokenizerFolder();
        CLIPTokenizer.Load(folder.Path);
        damage(folder);

        var error = Assert.Throws<CheckpointException>(() => CLIPTokenizer.Load(folder.Path));

        Assert.Equal(code, error.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
    }
}
