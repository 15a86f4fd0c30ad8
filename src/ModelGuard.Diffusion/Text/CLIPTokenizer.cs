using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using ModelGuard.Checkpoints;

namespace ModelGuard.Diffusion.Text;

/// <summary>CLIP's byte-pair tokenizer (transformers' slow <c>CLIPTokenizer</c> with ftfy), on Microsoft.ML.Tokenizers.</summary>
public sealed partial class CLIPTokenizer : ITokenizer
{
    private readonly BpeTokenizer bpe;

    private CLIPTokenizer(BpeTokenizer bpe, TokenizerFiles files)
    {
        this.bpe = bpe;
        BosId = files.BosId;
        EosId = files.EosId;
        PadId = files.PadId;
        MaxLength = files.MaxLength;
        VocabSize = files.Vocabulary.Count;
    }

    /// <summary>Id of the begin token.</summary>
    public long BosId { get; }

    /// <summary>Id of the end token.</summary>
    public long EosId { get; }

    /// <summary>Id of the padding: the end token in SD1, <c>!</c> in SD2.</summary>
    public long PadId { get; }

    /// <inheritdoc />
    public int MaxLength { get; }

    /// <summary>Number of entries.</summary>
    public int VocabSize { get; }

    /// <summary>Loads <c>vocab.json</c>, <c>merges.txt</c>, <c>special_tokens_map.json</c> and <c>tokenizer_config.json</c>.</summary>
    /// <exception cref="CheckpointException">MG0240 to MG0243 for files that are missing or damaged.</exception>
    public static CLIPTokenizer Load(string folder)
    {
        var files = TokenizerFiles.Read(folder);
        var options = new BpeOptions(files.Vocabulary)
        {
            Merges = files.Merges,
            EndOfWordSuffix = "</w>",
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(Pattern(), new Dictionary<string, int>(StringComparer.Ordinal)),
            Normalizer = new LowerCaseNormalizer(),
        };
        return new CLIPTokenizer(BpeTokenizer.Create(options), files);
    }

    /// <inheritdoc />
    public ImmutableArray<long> TokenizeToIds(string text) => [.. bpe.EncodeToIds(text).Select(i => (long)i)];

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

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Pattern();
}
