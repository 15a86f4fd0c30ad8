using System.Text;
using ModelGuard.Diffusion.Text;
using ModelGuard.Fuzzing.Containers;
using ModelGuard.Testing;

namespace ModelGuard.Fuzzing.Targets;

/// <summary>Tokenizers of checkpoints, and prompts.</summary>
internal static class TokenizerTargets
{
    private static readonly Lazy<CLIPTokenizer> Sound = new(() => CLIPTokenizer.Load(Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "tokenizer")), LazyThreadSafetyMode.ExecutionAndPublication);

    private static readonly string[] Words =
    [
        "==> vocab.json\n", "==> merges.txt\n", "==> special_tokens_map.json\n", "==> tokenizer_config.json\n", "==> added_tokens.json\n", "#version: 0.2\n", "a b</w>\n", "</w>", "<|startoftext|>", "<|endoftext|>", "bos_token", "eos_token", "pad_token", "unk_token", "content", "model_max_length", "added_tokens_decoder", "Infinity",
    ];

    private static readonly string[] TextWords = ["<|startoftext|>", "<|endoftext|>", "<|ENDOFTEXT|>", "&amp;", "&#38;", "&#x1;", "amp;", "Ã©", "â€™", "'s", "'LL", "\u001b[0m", "ﬁ", "ｶﾞ", "İ", "e\u0301", "\u0345", "가", "𝓬", "\u202e", "\u0000"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("tokenizer", Load) { Container = new FolderParts(), Words = Words, Factor = 400 },
        new("prompt", Encode) { Words = TextWords, Factor = 2000 },
    ];

    private static string Load(ReadOnlyMemory<byte> input, string scratch)
    {
        var tokenizer = CLIPTokenizer.Load(Scratch.WriteFolder(scratch, input));
        return Describe(tokenizer, "a photo of <|endoftext|> the ABBA's 12 é 猫");
    }

    private static string Encode(ReadOnlyMemory<byte> input, string scratch) => Describe(Sound.Value, Encoding.UTF8.GetString(input.Span));

    private static string Describe(CLIPTokenizer tokenizer, string text)
    {
        var ids = tokenizer.Encode(text);
        if (ids.Length != tokenizer.MaxLength) throw new InvalidOperationException(FormattableString.Invariant($"A prompt has {ids.Length} tokens instead of {tokenizer.MaxLength}."));
        // An id beyond the table would be read from beyond the text encoder's weights.
        if (ids.FirstOrDefault(id => id < 0 || id >= tokenizer.VocabSize, -1) is not -1 and var beyond) throw new InvalidOperationException(FormattableString.Invariant($"The token {beyond} is none of {tokenizer.VocabSize}."));
        _ = tokenizer.Decode(tokenizer.TokenizeToIds(text));
        foreach (var id in ids.Distinct()) _ = tokenizer.Describe(id);
        return ids.Count(id => id == tokenizer.EosId) > 1 ? "short" : "full";
    }
}
