using System.Text;
using System.Text.RegularExpressions;

namespace ModelGuard.Fuzzing.Mutations;

/// <summary>
/// Changes of a text by its tokens: texts in quotation marks, numbers, words, signs and white space. A bracket counts with all that it holds,
/// so that most changes of JSON give JSON again and reach what stands behind the parser.
/// </summary>
internal static partial class TokenMutations
{
    private const int MostTokens = 4000;
    private const int LongestText = 20_000;

    /// <summary>One change; the same bytes where they are no text.</summary>
    /// <param name="input">What is changed; it stays as it is.</param>
    /// <param name="other">Another input, to take from.</param>
    /// <param name="words">Words of the format.</param>
    /// <param name="random">Chooses.</param>
    public static byte[] Change(byte[] input, byte[] other, IReadOnlyList<string> words, SeededNumbers random)
    {
        var tokens = Split(input);
        if (tokens.Count is 0 or > MostTokens) return input;
        var (start, end) = Pick(tokens, random);
        var own = tokens[start..end];
        List<string> changed = random.Below(10) switch
        {
            0 => [],
            1 => [.. own, .. own],
            2 => [.. own, ",", .. own],
            3 => [.. From(Split(other), random)],
            4 => [random.Of(Texts.Values)],
            5 => [random.Of(Texts.Marks), .. own],
            6 => [random.Of(words)],
            7 => ["\"", random.Of(words), "\""],
            8 => random.OneIn(2) ? ["[", .. own, "]"] : ["{\"", random.Of(words), "\":", .. own, "}"],
            _ => [Inside(string.Concat(own), random)],
        };
        return Encoding.UTF8.GetBytes(string.Concat([.. tokens[..start], .. changed, .. tokens[end..]]));
    }

    private static List<string> Split(byte[] input) => [.. Token().Matches(Encoding.UTF8.GetString(input)).Take(MostTokens + 1).Select(m => m.Value)];

    private static (int Start, int End) Pick(List<string> tokens, SeededNumbers random)
    {
        var start = random.Below(tokens.Count);
        // White space says little; the next token says more.
        if (string.IsNullOrWhiteSpace(tokens[start]) && start + 1 < tokens.Count) start++;
        return (start, tokens[start] is "{" or "[" && random.Below(3) > 0 ? End(tokens, start) : start + 1);
    }

    private static int End(List<string> tokens, int start)
    {
        for (int at = start, depth = 0; at < tokens.Count; at++)
        {
            if (tokens[at] is "{" or "[") depth++;
            if (tokens[at] is "}" or "]" && --depth == 0) return at + 1;
        }

        return start + 1;
    }

    private static List<string> From(List<string> tokens, SeededNumbers random)
    {
        if (tokens.Count is 0 or > MostTokens) return [];
        var (start, end) = Pick(tokens, random);
        return tokens[start..end];
    }

    // A number becomes a neighbour of it or one of another size; a text becomes longer, or gets a sign that is none.
    private static string Inside(string token, SeededNumbers random)
    {
        if (long.TryParse(token, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            var other = random.Below(5) switch { 0 => number + 1, 1 => number - 1, 2 => -number, 3 => number * 1000, _ => number ^ (1L << random.Below(63)) };
            return other.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var at = random.Below(token.Length + 1);
        var inserted = random.Below(4) switch
        {
            0 => "\\ud800",
            1 => new string('a', random.Below(LongestText)),
            2 => random.Of(Texts.Marks),
            _ => char.ConvertFromUtf32(random.OneIn(2) ? random.Below(0xD800) : 0xE000 + random.Below(0x102000)),
        };
        return token.Insert(at, inserted);
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|\w+|\s+|.
        """, RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Token();
}
