using System.Collections.Immutable;
using Microsoft.ML.Tokenizers;
using ModelGuard.Checkpoints;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// CLIP's byte-pair tokenizer, on Microsoft.ML.Tokenizers, with the ids of transformers' slow <c>CLIPTokenizer</c> where ftfy is installed
/// (4.45; that is what Stable Diffusion's pipelines load). Special tokens written in a text give their own ids there.
/// </summary>
public sealed class CLIPTokenizer : ITokenizer
{
    private readonly BpeTokenizer bpe;
    private readonly TokenizerFiles files;
    private readonly Lazy<Dictionary<long, string>> tokens;

    private CLIPTokenizer(BpeTokenizer bpe, TokenizerFiles files)
    {
        this.bpe = bpe;
        this.files = files;
        tokens = new Lazy<Dictionary<long, string>>(
            () => files.Vocabulary.DistinctBy(entry => entry.Value).ToDictionary(entry => (long)entry.Value, entry => entry.Key),
            LazyThreadSafetyMode.ExecutionAndPublication);
    }

    /// <summary>Id of the begin token.</summary>
    public long BosId => files.BosId;

    /// <summary>Id of the end token.</summary>
    public long EosId => files.EosId;

    /// <summary>Id of the padding: the end token in SD1, <c>!</c> in SD2.</summary>
    public long PadId => files.PadId;

    /// <inheritdoc />
    public int MaxLength => files.MaxLength;

    /// <summary>Number of entries, added tokens included.</summary>
    public int VocabSize => files.VocabSize;

    /// <summary>
    /// Loads <c>vocab.json</c>, <c>merges.txt</c>, <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c>, and
    /// <c>added_tokens.json</c> where there is one.
    /// </summary>
    /// <exception cref="CheckpointException">MG0240 to MG0243, MG0220 and MG0224 for files that are missing, damaged or at odds with each other.</exception>
    public static CLIPTokenizer Load(string folder) => Load(folder, pad: null);

    /// <summary>Loads a tokenizer of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint; it may say that another padding applies than the folder's.</param>
    /// <param name="name">For example <c>tokenizer_2</c>.</param>
    /// <exception cref="CheckpointException">MG0268 when there is none, or as <see cref="Load(string)"/>.</exception>
    public static CLIPTokenizer Load(Checkpoint checkpoint, string name) => Load(checkpoint.TokenizerFolder(name), checkpoint.TokenizerPad(name));

    private static CLIPTokenizer Load(string folder, string? pad)
    {
        var read = TokenizerFiles.Read(folder, pad);
        var options = new BpeOptions(read.Vocabulary)
        {
            Merges = read.Merges,
            EndOfWordSuffix = "</w>",
            ByteLevel = true,
            UnknownToken = read.Unknown,
        };
        return new CLIPTokenizer(BpeTokenizer.Create(options), read);
    }

    /// <inheritdoc />
    public ImmutableArray<long> TokenizeToIds(string text)
    {
        var ids = ImmutableArray.CreateBuilder<long>();
        var start = 0;
        for (var i = 0; i < text.Length;)
        {
            if (files.SpecialAt(text, i) is { } special)
            {
                AddWords(text[start..i], ids);
                ids.Add(special.Id);
                i += special.Text.Length;
                start = i;
            }
            else
            {
                i++;
            }
        }

        AddWords(text[start..], ids);
        return ids.ToImmutable();
    }

    /// <inheritdoc />
    public ImmutableArray<long> Encode(string text)
    {
        var ids = ImmutableArray.CreateBuilder<long>(MaxLength);
        ids.Add(BosId);
        ids.AddRange(TokenizeToIds(text).Take(MaxLength - 2));
        ids.Add(EosId);
        while (ids.Count < MaxLength) ids.Add(PadId);
        return ids.MoveToImmutable();
    }

    /// <summary>A token as people read it: its text without the mark of a word's end, or the name of a special one.</summary>
    public string Describe(long id)
    {
        foreach (var special in files.Specials.Where(s => s.Id == id)) return special.Text;
        return tokens.Value.TryGetValue(id, out var token) ? ByteLevel.Decode(token.Replace(TokenizerFiles.EndOfWord, "", StringComparison.Ordinal)) : "";
    }

    /// <summary>Tokens as the text that people read: a space stands behind each that ends a word. Reading it need not give the same tokens again.</summary>
    public string Decode(IEnumerable<long> ids) =>
        string.Join(' ', string.Concat(ids.Select(id => tokens.Value.GetValueOrDefault(id, ""))).Split(TokenizerFiles.EndOfWord, StringSplitOptions.RemoveEmptyEntries).Select(ByteLevel.Decode));

    private void AddWords(string text, ImmutableArray<long>.Builder ids)
    {
        foreach (var word in ClipWords.Split(FullLowerCase.Convert(TextRepair.Repair(text))))
        {
            // '<|ENDOFTEXT|>' is only recognised in lower case.
            if (ClipWords.SpecialTokens.Contains(word, StringComparer.Ordinal) && files.Vocabulary.TryGetValue(word, out var special)) ids.Add(special);
            else foreach (var id in bpe.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false)) ids.Add(id);
        }
    }
}
