using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;
using ModelGuard.Shared;

namespace ModelGuard.Diffusion.Text;

/// <summary>What the files of a tokenizer folder say, checked against each other.</summary>
internal sealed record TokenizerFiles
{
    // LongCLIP has 248 positions; a prompt of this many tokens is no prompt.
    private const int MostPositions = 4096;
    private const long LargestFile = 64 << 20;
    /// <summary>What ends the last token of a word.</summary>
    public const string EndOfWord = "</w>";

    private static readonly JsonDocumentOptions StrictDocument = new() { AllowDuplicateProperties = false };
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private TokenizerFiles()
    {
    }

    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    public required IReadOnlyList<string> Merges { get; init; }

    public required string Unknown { get; init; }

    public required long BosId { get; init; }

    public required long EosId { get; init; }

    public required long PadId { get; init; }

    public required int MaxLength { get; init; }

    public required int VocabSize { get; init; }

    /// <summary>All special and added tokens, the longest first.</summary>
    public required ImmutableArray<SpecialToken> Specials { get; init; }

    /// <summary>Reads and checks the files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="padToken">The padding token instead of the folder's, or null.</param>
    public static TokenizerFiles Read(string folder, string? padToken = null)
    {
        string vocabPath = Path.Combine(folder, "vocab.json"), mergesPath = Path.Combine(folder, "merges.txt"), configPath = Path.Combine(folder, "tokenizer_config.json");
        var vocabulary = ReadVocabulary(vocabPath);
        var merges = ReadMerges(mergesPath);
        var map = ModelConfig.Parse(ReadText(Path.Combine(folder, "special_tokens_map.json")), Path.Combine(folder, "special_tokens_map.json"));
        var config = ReadText(configPath);
        var settings = ModelConfig.Parse(config, configPath);
        var added = ReadAdded(folder, config, configPath, vocabulary);
        SpecialToken Named(string key, string defaultValue, string? given = null) => Find(given ?? Special(map, key, defaultValue), key, folder, vocabulary, added);
        SpecialToken bos = Named("bos_token", "<|startoftext|>"), eos = Named("eos_token", "<|endoftext|>"), pad = Named("pad_token", "<|endoftext|>", padToken), unknown = Named("unk_token", "<|endoftext|>");
        SpecialToken[] specials = [bos, eos, pad, unknown, .. added.Select(a => new SpecialToken(a.Key, a.Value))];
        CheckMerges(vocabulary, merges, mergesPath, specials);
        return new TokenizerFiles
        {
            Vocabulary = vocabulary,
            Merges = [.. merges.Select(m => $"{m.Left} {m.Right}")],
            Unknown = unknown.Text,
            BosId = bos.Id,
            EosId = eos.Id,
            PadId = pad.Id,
            MaxLength = Length(settings),
            VocabSize = vocabulary.Keys.Union(added.Keys, StringComparer.Ordinal).Count(),
            Specials = [.. specials.Distinct().OrderByDescending(s => s.Text.Length)],
        };
    }

    /// <summary>The special token that is written at <paramref name="index"/>, or null.</summary>
    public SpecialToken? SpecialAt(string text, int index)
    {
        foreach (var special in Specials)
        {
            if (string.CompareOrdinal(text, index, special.Text, 0, special.Text.Length) == 0) return special;
        }

        return null;
    }

    private static Dictionary<string, int> ReadVocabulary(string path)
    {
        var entries = ReadIds(ReadText(path), path);
        if (entries.Count == 0) throw new CheckpointException("MG0240", $"'{path}' holds no entries.", path);

        // Every id once, none left out: anything else points outside the text encoder's table or at two meanings of one row.
        var tokens = new string?[entries.Count];
        foreach (var (token, id) in entries)
        {
            if (id < 0 || id >= entries.Count) throw new CheckpointException("MG0240", FormattableString.Invariant($"'{path}' gives the token '{token}' the id {id}; its {entries.Count} entries need the ids 0 to {entries.Count - 1}."), path);
            if (tokens[id] is { } other) throw new CheckpointException("MG0240", FormattableString.Invariant($"'{path}' gives the id {id} to both '{other}' and '{token}'."), path);
            tokens[id] = token;
        }

        return entries;
    }

    private static Dictionary<string, int> ReadIds(string json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, StrictDocument);
            var ids = new Dictionary<string, int>(StringComparer.Ordinal);
            if (document.RootElement.ValueKind == JsonValueKind.Null) return ids;
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new JsonException("The root is no object.");
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id)) throw new JsonException($"'{entry.Name}' has {entry.Value.GetRawText()}.");
                ids.Add(entry.Name, id);
            }

            return ids;
        }
        // InvalidOperationException is a token with half a surrogate pair.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0240", $"'{path}' does not map each token to one whole number: {e.Message}", path, e);
        }
    }

    private static List<(string Left, string Right)> ReadMerges(string path)
    {
        var merges = new List<(string Left, string Right)>();
        var lines = new Dictionary<(string, string), int>();
        var number = 0;
        foreach (var line in ReadText(path).Split('\n'))
        {
            number++;
            var text = line.TrimEnd('\r');
            if (text.Length == 0 || (number == 1 && text.StartsWith("#version", StringComparison.Ordinal))) continue;
            var space = text.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == text.Length - 1 || text.AsSpan(space + 1).Contains(' ')) throw new CheckpointException("MG0241", FormattableString.Invariant($"'{path}', line {number}: a merge is two symbols with one space between them, not '{text}'."), path);
            var merge = (Left: text[..space], Right: text[(space + 1)..]);
            // A line's number is its merge's rank: two of them contradict each other, and readers differ in which one counts.
            if (!lines.TryAdd(merge, number)) throw new CheckpointException("MG0241", FormattableString.Invariant($"'{path}', line {number}: '{merge.Left}' and '{merge.Right}' are merged by line {lines[merge]} already."), path);
            merges.Add(merge);
        }

        return merges;
    }

    private static void CheckMerges(Dictionary<string, int> vocabulary, List<(string Left, string Right)> merges, string path, SpecialToken[] specials)
    {
        foreach (var (left, right) in merges)
        {
            string[] needed = [left, right, left + right];
            if (Array.Find(needed, n => !vocabulary.ContainsKey(n)) is { } missing) throw new CheckpointException("MG0241", $"'{path}' merges '{left}' and '{right}', but vocab.json has no entry '{missing}'. The two files do not belong together.", path);
        }

        // A merges.txt cut off at the end of a line still reads well, and quietly gives other ids.
        var reachable = merges.Select(m => m.Left + m.Right).Concat(specials.Select(s => s.Text)).Concat(ClipWords.SpecialTokens).ToHashSet(StringComparer.Ordinal);
        if (vocabulary.Keys.FirstOrDefault(t => !IsOneSymbol(t) && !reachable.Contains(t)) is { } orphan)
        {
            throw new CheckpointException("MG0241", $"vocab.json has the entry '{orphan}', which no line of '{path}' makes and which is no special token. The file is incomplete, or the two do not belong together.", path);
        }
    }

    private static bool IsOneSymbol(string token)
    {
        var symbol = token.EndsWith(EndOfWord, StringComparison.Ordinal) ? token[..^EndOfWord.Length] : token;
        return symbol.Length <= 1;
    }

    // Tokens that were added after training: the id is their row in the text encoder's table.
    private static Dictionary<string, int> ReadAdded(string folder, string config, string configPath, Dictionary<string, int> vocabulary)
    {
        var path = Path.Combine(folder, "added_tokens.json");
        var added = File.Exists(path) ? ReadIds(ReadText(path), path) : new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (token, id) in AddedTokensDecoder(config, configPath))
        {
            if (!added.TryAdd(token, id) && added[token] != id) throw new CheckpointException("MG0242", FormattableString.Invariant($"'{configPath}' gives the added token '{token}' the id {id}, added_tokens.json gives it {added[token]}."), configPath);
        }

        var next = vocabulary.Count;
        foreach (var (token, id) in added.OrderBy(a => a.Value))
        {
            var fits = vocabulary.TryGetValue(token, out var own) ? own == id : id == next++;
            if (token.Length == 0 || !fits) throw new CheckpointException("MG0242", FormattableString.Invariant($"The tokenizer in '{folder}' adds the token '{token}' with the id {id}, which does not fit its vocab.json of {vocabulary.Count} entries: a token that is there keeps its id, a new one takes the next free one."), folder);
        }

        return added;
    }

    private static IEnumerable<(string Token, int Id)> AddedTokensDecoder(string config, string path)
    {
        var root = ParseStrictly(config, path);
        if (!root.TryGetProperty("added_tokens_decoder", out var decoder) || decoder.ValueKind == JsonValueKind.Null) yield break;
        if (decoder.ValueKind != JsonValueKind.Object) throw Wrong(decoder);
        foreach (var entry in decoder.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || entry.Value.ValueKind != JsonValueKind.Object
                || !entry.Value.TryGetProperty("content", out var content)
                || content.ValueKind != JsonValueKind.String)
            {
                throw Wrong(entry.Value);
            }

            yield return (content.GetString()!, id);
        }

        CheckpointException Wrong(JsonElement found) => new("MG0224", $"'{path}': 'added_tokens_decoder' must map ids to objects with a 'content', not {found.GetRawText()}.", path);
    }

    private static JsonElement ParseStrictly(string json, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(json, StrictDocument);
            ValidTexts.Require(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException("MG0220", $"'{path}' is no valid JSON: {e.Message}", path, e);
        }
    }

    private static string Special(ModelConfig map, string key, string defaultValue)
    {
        try
        {
            return map.Text(key, defaultValue);
        }
        catch (CheckpointException)
        {
            return map.Section(key).Text("content", defaultValue);
        }
    }

    private static SpecialToken Find(string token, string key, string folder, Dictionary<string, int> vocabulary, Dictionary<string, int> added)
    {
        if (token.Length > 0 && (vocabulary.TryGetValue(token, out var id) || added.TryGetValue(token, out id))) return new SpecialToken(token, id);
        throw new CheckpointException("MG0242", $"The tokenizer in '{folder}' names '{token}' as its '{key}', which its vocab.json does not hold.", folder);
    }

    private static int Length(ModelConfig settings)
    {
        var length = settings.Number("model_max_length", 77);
        return length == Math.Floor(length) && length is >= 3 and <= MostPositions
            ? (int)length
            : throw new CheckpointException("MG0224", FormattableString.Invariant($"'{settings.Place}' sets 'model_max_length' to {length}; it must be a whole number from 3 to {MostPositions}: begin token, text, end token. CLIP's is 77."), settings.Place);
    }

    private static string ReadText(string path)
    {
        if (!File.Exists(path)) throw new CheckpointException("MG0243", $"'{path}' is missing; a CLIP tokenizer needs vocab.json, merges.txt, special_tokens_map.json and tokenizer_config.json.", path);
        if (new FileInfo(path).Length is > LargestFile and var size) throw new CheckpointException("MG0243", FormattableString.Invariant($"'{path}' has {size} bytes; no file of a tokenizer has more than {LargestFile}."), path);
        try
        {
            return File.ReadAllText(path, Utf8);
        }
        catch (DecoderFallbackException e)
        {
            throw new CheckpointException("MG0243", $"'{path}' is not UTF-8 text: {e.Message}", path, e);
        }
    }
}
