using System.Globalization;
using System.Text;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// Lower case as Unicode's full mapping has it (and Python's <c>str.lower</c>): beyond one character for one, <c>İ</c> becomes
/// <c>i̇</c>, and a capital sigma that ends a word becomes <c>ς</c>.
/// </summary>
internal static class FullLowerCase
{
    private const int Sigma = 0x3A3, DottedI = 0x130;

    /// <summary>The text in lower case.</summary>
    public static string Convert(string text)
    {
        if (Ascii.IsValid(text)) return text.ToLowerInvariant();

        Rune[] runes = [.. text.EnumerateRunes()];
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < runes.Length; i++)
        {
            result.Append(runes[i].Value switch
            {
                DottedI => "i\u0307",
                Sigma => EndsWord(runes, i) ? "ς" : "σ",
                _ => Rune.ToLowerInvariant(runes[i]).ToString(),
            });
        }

        return result.ToString();
    }

    private static bool EndsWord(Rune[] runes, int sigma)
    {
        var before = sigma - 1;
        while (before >= 0 && IsCaseIgnorable(runes[before])) before--;
        var after = sigma + 1;
        while (after < runes.Length && IsCaseIgnorable(runes[after])) after++;
        return before >= 0 && IsCased(runes[before]) && !(after < runes.Length && IsCased(runes[after]));
    }

    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter || rune.Value is 0xAA or 0xBA;

    private static bool IsCaseIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x2018 or 0x2019 or 0x2024 or 0x2027;
}
