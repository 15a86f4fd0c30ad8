using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// Unicode normalisation form C (UAX #15). <see cref="string.Normalize()"/> leaves text alone in the globalisation-invariant mode that
/// the tools run in, and otherwise depends on the machine's ICU; token ids may depend on neither.
/// </summary>
internal static class CanonicalComposition
{
    // UAX #15, "Hangul": syllables are the product of 19 leading consonants, 21 vowels and 28 trailing consonants or none.
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    // Every character below the first combining mark is its own normal form.
    private const char FirstThatMayChange = '\u0300';

    private static readonly Lazy<Tables> Data = new(Tables.Parse);

    /// <summary>The text in form C. It must hold no lone surrogates.</summary>
    public static string Compose(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstThatMayChange, char.MaxValue)) return text;

        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, points);
        Reorder(points);
        var result = new StringBuilder(text.Length);
        foreach (var point in Recompose(points)) result.Append(char.ConvertFromUtf32(point));
        return result.ToString();
    }

    private static void Decompose(int point, List<int> points)
    {
        var syllable = point - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            points.Add(LeadBase + (syllable / (VowelCount * TrailCount)));
            points.Add(VowelBase + (syllable / TrailCount % VowelCount));
            if (syllable % TrailCount > 0) points.Add(TrailBase + (syllable % TrailCount));
        }
        else if (Data.Value.Decompositions.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, points);
            if (parts.Second > 0) Decompose(parts.Second, points);
        }
        else
        {
            points.Add(point);
        }
    }

    // A stable insertion sort of each run of combining marks by class.
    private static void Reorder(List<int> points)
    {
        for (var i = 1; i < points.Count; i++)
        {
            var mark = points[i];
            var order = Class(mark);
            if (order == 0) continue;
            var place = i;
            for (; place > 0 && Class(points[place - 1]) > order; place--) points[place] = points[place - 1];
            points[place] = mark;
        }
    }

    private static List<int> Recompose(List<int> points)
    {
        var result = new List<int>(points.Count);
        var starter = -1;
        foreach (var point in points)
        {
            var order = Class(point);
            var adjacent = result.Count - 1 == starter;

            // A mark of the same class or of a higher one between the two blocks the pair.
            if (starter >= 0 && (adjacent || (Class(result[^1]) is var last && last != 0 && last < order)) && Pair(result[starter], point) is { } composed)
            {
                result[starter] = composed;
                continue;
            }

            if (order == 0) starter = result.Count;
            result.Add(point);
        }

        return result;
    }

    private static int? Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < LeadCount && second - VowelBase is >= 0 and < VowelCount)
        {
            return SyllableBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TrailCount);
        }

        if (first - SyllableBase is >= 0 and < SyllableCount && (first - SyllableBase) % TrailCount == 0 && second - TrailBase is > 0 and < TrailCount)
        {
            return first + second - TrailBase;
        }

        return Data.Value.Compositions.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private static byte Class(int point) => Data.Value.Classes.GetValueOrDefault(point);

    private sealed record Tables(FrozenDictionary<int, (int First, int Second)> Decompositions, FrozenDictionary<(int First, int Second), int> Compositions, FrozenDictionary<int, byte> Classes)
    {
        private static readonly char[] Blank = [' ', '\n', '\r'];

        public static Tables Parse()
        {
            var decompositions = new Dictionary<int, (int First, int Second)>();
            var compositions = new Dictionary<(int First, int Second), int>();
            var point = 0;
            foreach (var entry in CanonicalCompositionData.Decompositions.Split(Blank, StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = entry.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0) point = Hex(entry.AsSpan(0, colon));
                var parts = entry.AsSpan(colon + 1);
                var split = parts.IndexOfAny('+', '-');
                var pair = split < 0 ? (Hex(parts), 0) : (Hex(parts[..split]), Hex(parts[(split + 1)..]));
                decompositions.Add(point, pair);
                if (split > 0 && parts[split] == '+') compositions.Add(pair, point);
                point++;
            }

            return new Tables(decompositions.ToFrozenDictionary(), compositions.ToFrozenDictionary(), ParseClasses());
        }

        private static FrozenDictionary<int, byte> ParseClasses()
        {
            var classes = new Dictionary<int, byte>();
            foreach (var entry in CanonicalCompositionData.CombiningClasses.Split(Blank, StringSplitOptions.RemoveEmptyEntries))
            {
                var colon = entry.IndexOf(':', StringComparison.Ordinal);
                var order = byte.Parse(entry.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture);
                foreach (var range in entry[(colon + 1)..].Split(','))
                {
                    var dash = range.IndexOf('-', StringComparison.Ordinal);
                    var (first, last) = dash < 0 ? (Hex(range), Hex(range)) : (Hex(range.AsSpan(0, dash)), Hex(range.AsSpan(dash + 1)));
                    for (var point = first; point <= last; point++) classes.Add(point, order);
                }
            }

            return classes.ToFrozenDictionary();
        }

        private static int Hex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
