using System.Text.Json;
using System.Text.Json.Nodes;

namespace Shapes.Training.World;

/// <summary>
/// Learns a byte-pair vocabulary (Sennrich et al., 2016) in CLIP's form: 256 byte symbols, the same with <c>&lt;/w&gt;</c>, the merges, two
/// special tokens. Captions are plain ASCII words, so the byte symbols of their letters are the letters.
/// </summary>
internal static class Vocabulary
{
    /// <summary>Number of positions of the text towers.</summary>
    public const int MaxLength = 24;

    private const int Merges = 230;
    private const string Begin = "<|startoftext|>";
    private const string End = "<|endoftext|>";

    /// <summary>Writes vocab.json, merges.txt, special_tokens_map.json and tokenizer_config.json.</summary>
    public static void Write(string folder, ulong seed)
    {
        Directory.CreateDirectory(folder);
        var merges = Learn(CountWords(seed));
        string[] bytes = [.. ByteSymbols()];
        string[] entries = [.. bytes, .. bytes.Select(b => b + "</w>"), .. merges.Select(m => m.Left + m.Right), Begin, End];
        var vocabulary = new JsonObject();
        for (var i = 0; i < entries.Length; i++) vocabulary[entries[i]] = i;
        var options = new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        File.WriteAllText(Path.Combine(folder, "vocab.json"), vocabulary.ToJsonString(options));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), "#version: 0.2\n" + string.Concat(merges.Select(m => $"{m.Left} {m.Right}\n")));
        JsonObject Special(string content) => new() { ["content"] = content, ["lstrip"] = false, ["normalized"] = true, ["rstrip"] = false, ["single_word"] = false };
        var pretty = new JsonSerializerOptions(options) { WriteIndented = true };
        File.WriteAllText(Path.Combine(folder, "special_tokens_map.json"), new JsonObject { ["bos_token"] = Special(Begin), ["eos_token"] = Special(End), ["pad_token"] = End, ["unk_token"] = Special(End) }.ToJsonString(pretty) + "\n");
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), new JsonObject
        {
            ["add_prefix_space"] = false,
            ["bos_token"] = Begin,
            ["clean_up_tokenization_spaces"] = true,
            ["do_lower_case"] = true,
            ["eos_token"] = End,
            ["errors"] = "replace",
            ["model_max_length"] = MaxLength,
            ["pad_token"] = End,
            ["tokenizer_class"] = "CLIPTokenizer",
            ["unk_token"] = End,
        }.ToJsonString(pretty) + "\n");
    }

    private static Dictionary<string, int> CountWords(ulong seed)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (ulong i = 0; i < 20_000; i++)
        {
            foreach (var word in CaptionWriter.Write(SceneSampler.Sample(seed, i), new CounterRandom(seed + 1, i)).Text.Split(' ')) counts[word] = counts.GetValueOrDefault(word) + 1;
        }

        return counts;
    }

    private static List<(string Left, string Right)> Learn(Dictionary<string, int> counts)
    {
        // Words weigh by the root of their count: names stay in several tokens, as names do in real vocabularies.
        var words = counts.OrderBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => (Symbols: c.Key.Select((ch, i) => i == c.Key.Length - 1 ? $"{ch}</w>" : $"{ch}").ToList(), Weight: Math.Sqrt(c.Value))).ToList();
        var merges = new List<(string, string)>();
        while (merges.Count < Merges)
        {
            var pairs = new Dictionary<(string, string), double>();
            foreach (var (symbols, weight) in words)
            {
                for (var i = 0; i + 1 < symbols.Count; i++) pairs[(symbols[i], symbols[i + 1])] = pairs.GetValueOrDefault((symbols[i], symbols[i + 1])) + weight;
            }

            if (pairs.Count == 0) break;
            var best = pairs.OrderByDescending(p => p.Value).ThenBy(p => p.Key.Item1, StringComparer.Ordinal).ThenBy(p => p.Key.Item2, StringComparer.Ordinal).First().Key;
            merges.Add(best);
            foreach (var (symbols, _) in words)
            {
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    if ((symbols[i], symbols[i + 1]) != best) continue;
                    symbols[i] += symbols[i + 1];
                    symbols.RemoveAt(i + 1);
                }
            }
        }

        return merges;
    }

    /// <summary>GPT-2's printable stand-ins for the 256 bytes, in its order.</summary>
    private static IEnumerable<string> ByteSymbols()
    {
        int[] printable = [.. Enumerable.Range('!', '~' - '!' + 1), .. Enumerable.Range('¡', '¬' - '¡' + 1), .. Enumerable.Range('®', 'ÿ' - '®' + 1)];
        var others = Enumerable.Range(0, 256).Except(printable).Select((_, i) => 256 + i);
        return printable.Concat(others).Select(c => ((char)c).ToString());
    }
}
