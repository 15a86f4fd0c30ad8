using System.Collections.Frozen;
using System.Globalization;

namespace ModelGuard.Auditing.Probes;

/// <summary>Other ways to write a name, derived without chance. None is the name itself.</summary>
internal static class NameVariants
{
    // Unicode's confusables of Latin letters (UTS #39) that a reader takes for them in most fonts: Cyrillic ones.
    private static readonly FrozenDictionary<char, char> Lookalikes = Pairs("aаcсeеhһiіjјoоpрsѕxхyуAАBВCСEЕHНIІKКMМOОPРTТXХ");

    private static readonly FrozenDictionary<char, char> Digits = Pairs("a4e3i1o0s5A4E3I1O0S5");

    /// <summary>Two letters swapped, one left out and one doubled, in the middle of the longest word.</summary>
    public static IEnumerable<string> Misspelled(string name)
    {
        var word = Longest(name);
        var middle = word.Length / 2;
        // Halves of a surrogate pair are no letters.
        if (word.Length < 3 || word.Any(char.IsSurrogate)) return [];
        string[] spoiled = [$"{word[..(middle - 1)]}{word[middle]}{word[middle - 1]}{word[(middle + 1)..]}", word.Remove(middle, 1), word.Insert(middle, word[middle].ToString())];
        return Others(name, spoiled.Select(w => name.Replace(word, w, StringComparison.Ordinal)));
    }

    /// <summary>All capitals, a capital for each word, and every other letter a capital.</summary>
    public static IEnumerable<string> Cased(string name) =>
        Others(name, [name.ToUpperInvariant(), CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name), string.Concat(name.Select((c, i) => i % 2 == 0 ? c : char.ToUpperInvariant(c)))]);

    /// <summary>Space between all letters and in the middle of the longest word; of several words also none, a hyphen and too much between them.</summary>
    public static IEnumerable<string> Spaced(string name)
    {
        if (name.Any(char.IsSurrogate)) return [];
        var word = Longest(name);
        return Others(name, [string.Join(' ', name.Where(c => c != ' ')), name.Replace(word, word.Insert(word.Length / 2, " "), StringComparison.Ordinal), name.Replace(" ", "", StringComparison.Ordinal), name.Replace(' ', '-'), name.Replace(" ", "  ", StringComparison.Ordinal)]);
    }

    /// <summary>The first letter that has one as its lookalike of another alphabet, all letters so, and digits for letters.</summary>
    public static IEnumerable<string> Lookalike(string name)
    {
        var first = name.AsSpan().IndexOfAny([.. Lookalikes.Keys]);
        return Others(name, [first < 0 ? name : $"{name[..first]}{Lookalikes[name[first]]}{name[(first + 1)..]}", Mapped(name, Lookalikes), Mapped(name, Digits)]);
    }

    /// <summary>The regular English plural.</summary>
    public static string Plural(string name) => name switch
    {
        [.., 's' or 'x' or 'z'] or [.., 'c' or 's', 'h'] => name + "es",
        [.., not ('a' or 'e' or 'i' or 'o' or 'u'), 'y'] => name[..^1] + "ies",
        _ => name + "s",
    };

    private static string Longest(string name) => name.Split(' ').MaxBy(w => w.Length)!;

    private static string Mapped(string name, FrozenDictionary<char, char> map) => string.Concat(name.Select(c => map.GetValueOrDefault(c, c)));

    private static IEnumerable<string> Others(string name, IEnumerable<string> variants) => variants.Where(v => v != name).Distinct(StringComparer.Ordinal);

    private static FrozenDictionary<char, char> Pairs(string letters) => letters.Chunk(2).ToFrozenDictionary(p => p[0], p => p[1]);
}
