using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelGuard.Diffusion.Tests.Text;

/// <summary>
/// The byte-pair algorithm of CLIP (Sennrich et al., 2016; OpenAI's <c>simple_tokenizer.py</c>) in its plainest form: words by regular
/// expression, and the pair of the lowest rank merged until none is left. Slow, and written without looking at the tokenizer under test.
/// </summary>
internal sealed partial class BytePairOracle
{
    private readonly Dictionary<string, int> vocabulary;
    private readonly Dictionary<(string, string), int> ranks;
    private readonly char[] bytes = new char[256];

    public BytePairOracle(string folder)
    {
        vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Path.Combine(folder, "vocab.json")))!;
        ranks = File.ReadLines(Path.Combine(folder, "merges.txt")).Skip(1).Where(l => l.Length > 0).Select((line, rank) => (Pair: line.Split(' '), rank)).ToDictionary(p => (p.Pair[0], p.Pair[1]), p => p.rank);
        var next = 0;
        for (var b = 0; b < 256; b++) bytes[b] = b is (>= 33 and <= 126) or (>= 161 and <= 172) or >= 174 ? (char)b : (char)(256 + next++);
    }

    /// <summary>Ids of a text without special tokens, in Unicode's form C and with nothing for ftfy to repair.</summary>
    public IEnumerable<long> Encode(string text) => Words().Matches(text.ToLower(CultureInfo.InvariantCulture)).SelectMany(m => EncodeWord(m.Value));

    private IEnumerable<long> EncodeWord(string word)
    {
        List<string> parts = [.. Encoding.UTF8.GetBytes(word).Select(b => bytes[b].ToString())];
        parts[^1] += "</w>";
        while (parts.Count > 1)
        {
            var (rank, first) = Enumerable.Range(0, parts.Count - 1).Select(i => (Rank: ranks.GetValueOrDefault((parts[i], parts[i + 1]), int.MaxValue), i)).Min();
            if (rank == int.MaxValue) break;
            var (left, right) = (parts[first], parts[first + 1]);
            for (var i = 0; i < parts.Count - 1; i++)
            {
                if (parts[i] != left || parts[i + 1] != right) continue;
                parts[i] = left + right;
                parts.RemoveAt(i + 1);
            }
        }

        return parts.Select(p => (long)vocabulary[p]);
    }

    // Halves of surrogate pairs are neither letters nor numbers nor space here, as emoji are not.
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Words();
}
