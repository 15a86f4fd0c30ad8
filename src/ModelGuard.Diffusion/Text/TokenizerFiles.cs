using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Configuration;

namespace ModelGuard.Diffusion.Text;

/// <summary>What the files of a tokenizer folder say.</summary>
internal sealed record TokenizerFiles(IReadOnlyDictionary<string, int> Vocabulary, IReadOnlyList<string> Merges, long BosId, long EosId, long PadId, int MaxLength)
{
    public static TokenizerFiles Read(string folder)
    {
        var vocabulary = ReadVocabulary(Path.Combine(folder, "vocab.json"));
        var merges = ReadMerges(Path.Combine(folder, "merges.txt"));
        var map = ModelConfig.Read(Path.Combine(folder, "special_tokens_map.json"));
        var config = ModelConfig.Read(Path.Combine(folder, "tokenizer_config.json"));
        return new TokenizerFiles(
            vocabulary,
            merges,
            Id(vocabulary, Special(map, "bos_token", "<|startoftext|>"), folder),
            Id(vocabulary, Special(map, "eos_token", "<|endoftext|>"), folder),
            Id(vocabulary, Special(map, "pad_token", "<|endoftext|>"), folder),
            checked((int)config.Integer("model_max_length", 77)));
    }

    private static Dictionary<string, int> ReadVocabulary(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(ReadText(path)) is { Count: > 0 } entries
                ? new Dictionary<string, int>(entries, StringComparer.Ordinal)
                : throw new CheckpointException("MG0240", $"'{path}' holds no entries.", path);
        }
        catch (JsonException e)
        {
            throw new CheckpointException("MG0240", $"'{path}' does not map tokens to whole numbers: {e.Message}", path, e);
        }
    }

    private static List<string> ReadMerges(string path)
    {
        var merges = new List<string>();
        var number = 0;
        foreach (var line in ReadText(path).Split('\n'))
        {
            number++;
            var text = line.TrimEnd('\r');
            if (text.Length == 0 || (number == 1 && text.StartsWith("#version", StringComparison.Ordinal))) continue;
            if (text.Count(c => c == ' ') != 1) throw new CheckpointException("MG0241", FormattableString.Invariant($"'{path}', line {number}: a merge is two symbols with one space between them, not '{text}'."), path);
            merges.Add(text);
        }

        return merges;
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

    private static long Id(Dictionary<string, int> vocabulary, string token, string folder) => vocabulary.TryGetValue(token, out var id)
        ? id
        : throw new CheckpointException("MG0242", $"The tokenizer in '{folder}' names the special token '{token}', which its vocab.json does not hold.", folder);

    private static string ReadText(string path) => File.Exists(path)
        ? File.ReadAllText(path)
        : throw new CheckpointException("MG0243", $"'{path}' is missing; a CLIP tokenizer needs vocab.json and merges.txt.", path);
}
