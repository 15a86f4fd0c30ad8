using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// The clean-up that the reference tokenizer leaves to ftfy's <c>fix_text</c> with its defaults. Two parts are narrower: mojibake
/// (see <see cref="MojibakeRepair"/>) and named HTML entities, which are those of HTML 4.
/// </summary>
internal static partial class TextRepair
{
    // The compatibility forms of U+FF5F to U+FFEE, four hexadecimal digits each.
    private const string HalfWidthForms =
        "298529863002300C300D300130FB30F230A130A330A530A730A930E330E530E730C330FC30A230A430A630A830AA30AB30AD30AF30B130B330B530B730B930BB30BD30BF"
        + "30C130C430C630C830CA30CB30CC30CD30CE30CF30D230D530D830DB30DE30DF30E030E130E230E430E630E830E930EA30EB30EC30ED30EF30F33099309A116011001101"
        + "11AA110211AC11AD11031104110511B011B111B211B311B411B5111A11061107110811211109110A110B110C110D110E110F111011111112FFBFFFC0FFC1116111621163"
        + "116411651166FFC8FFC9116711681169116A116B116CFFD0FFD1116D116E116F117011711172FFD8FFD9117311741175FFDDFFDEFFDF00A200A300ACFFE300A600A520A9"
        + "FFE72502219021912192219325A025CB";

    // ASCII that prints, without the sign that begins an entity: no step below changes it.
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => c != '&')]);

    /// <summary>The text as its author meant it, in Unicode's form C.</summary>
    public static string Repair(string text)
    {
        // Nearly all prompts; the expressions below take longer to prepare than all of them to read.
        if (!text.AsSpan().ContainsAnyExcept(Plain)) return text;
        var entities = true;
        var result = new StringBuilder(text.Length);

        // Line by line: from the first one with a '<' on, entities are taken for written HTML and stay.
        foreach (var line in Lines().EnumerateMatches(text))
        {
            var segment = text.Substring(line.Index, line.Length);
            entities &= !segment.Contains('<', StringComparison.Ordinal);
            result.Append(RepairLine(segment, entities));
        }

        return result.ToString();
    }

    // What one step uncovers another may have to repair.
    private static string RepairLine(string line, bool entities)
    {
        string before;
        do
        {
            before = line;
            if (entities) line = UnescapeEntities(line);
            line = MojibakeRepair.Repair(line);
            line = Straighten(line);
            line = TerminalEscape().Replace(line, "");
            line = ControlCharacters().Replace(line, "");
            line = CanonicalComposition.Compose(line);
        }
        while (line != before);
        return line;
    }

    private static string UnescapeEntities(string line)
    {
        if (!line.Contains('&', StringComparison.Ordinal)) return line;
        var (rest, result) = (line.ToCharArray(), new StringBuilder(line.Length));
        for (var i = 0; i < rest.Length;)
        {
            var length = EntityLength(rest.AsSpan(i));
            if (length == 0)
            {
                result.Append(rest[i++]);
                continue;
            }

            var text = Unescape(new string(rest, i, length));
            i += length;
            // What an escaped sign begins is looked at now: in passes of their own, a text that is escaped n times would take n² steps.
            if (text == "&") rest[--i] = '&';
            else result.Append(text);
        }

        return result.ToString();
    }

    // '&', perhaps '#', 1 to 24 letters or digits, ';'; 0 where there is none.
    private static int EntityLength(ReadOnlySpan<char> text)
    {
        const int LongestName = 24;
        if (text[0] != '&') return 0;
        var start = text.Length > 1 && text[1] == '#' ? 2 : 1;
        var end = start;
        while (end < text.Length && end - start <= LongestName && char.IsAsciiLetterOrDigit(text[end])) end++;
        return end > start && end - start <= LongestName && end < text.Length && text[end] == ';' ? end + 1 : 0;
    }

    private static string Unescape(string entity)
    {
        var text = WebUtility.HtmlDecode(entity);
        if (text != entity || entity.Any(char.IsAsciiLetterLower)) return text;

        // &EACUTE; is no entity of HTML, but is met.
        var lower = entity.ToLowerInvariant();
        return WebUtility.HtmlDecode(lower) is var decoded && decoded != lower ? decoded.ToUpperInvariant() : text;
    }

    private static string Straighten(string text)
    {
        if (Ascii.IsValid(text)) return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // A lone surrogate comes as U+FFFD.
            if (rune.IsBmp) result.Append(Straighten(MojibakeRepair.FromControl((char)rune.Value)));
            else result.Append(rune.ToString());
        }

        return result.ToString();
    }

    private static string Straighten(char c) => c switch
    {
        '\u02BC' or (>= '\u2018' and <= '\u201B') => "'",
        >= '\u201C' and <= '\u201F' => "\"",
        '\u3000' => " ",
        '\uFFE3' => " \u0304",
        >= '\uFF01' and <= '\uFF5E' => $"{(char)(c - 0xFEE0)}",
        >= '\uFF5F' and <= '\uFFEE' => $"{(char)int.Parse(HalfWidthForms.AsSpan((c - 0xFF5F) * 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)}",
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ŉ' => "'n",
        'Ǆ' => "DŽ",
        'ǅ' => "Dž",
        'ǆ' => "dž",
        'Ǉ' => "LJ",
        'ǈ' => "Lj",
        'ǉ' => "lj",
        'Ǌ' => "NJ",
        'ǋ' => "Nj",
        'ǌ' => "nj",
        'Ǳ' => "DZ",
        'ǲ' => "Dz",
        'ǳ' => "dz",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' => "ſt",
        'ﬆ' => "st",
        _ => $"{c}",
    };

    [GeneratedRegex(@"[^\n]*\n|[^\n]+", RegexOptions.NonBacktracking)]
    private static partial Regex Lines();

    [GeneratedRegex(@"\x1B\[[0-9;]*[A-Za-z]", RegexOptions.NonBacktracking)]
    private static partial Regex TerminalEscape();

    [GeneratedRegex(@"[\x00-\x08\x0B\x0E-\x1F\x7F\u206A-\u206F\uFEFF\uFFF9-\uFFFC]", RegexOptions.NonBacktracking)]
    private static partial Regex ControlCharacters();
}
