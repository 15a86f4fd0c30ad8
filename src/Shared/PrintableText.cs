using System.Globalization;
using System.Text;

namespace ModelGuard.Shared;

/// <summary>Messages with names that anyone may have written: a line break or an escape sequence in one must not forge a line of a log.</summary>
internal static class PrintableText
{
    private const int LongestMessage = 2000;

    /// <summary>The message with control and format characters escaped, and shortened in the middle: the start says what and where, the end says what to do.</summary>
    public static string Of(string message)
    {
        // Nearly every message; a report of errors may hold a hundred thousand.
        if (message.Length <= LongestMessage && IsPrintable(message)) return message;
        var text = new StringBuilder(message.Length);
        foreach (var rune in message.EnumerateRunes())
        {
            if (IsHidden(rune)) text.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else text.Append(rune);
        }

        if (text.Length <= LongestMessage) return text.ToString();
        var (head, tail) = (LongestMessage - 500, text.Length - 500);
        if (char.IsLowSurrogate(text[head])) head--;
        if (char.IsLowSurrogate(text[tail])) tail++;
        return $"{text.ToString(0, head)} … {text.ToString(tail, text.Length - tail)}";
    }

    // Half of a surrogate pair comes as the replacement character, and must not stay as it is.
    private static bool IsPrintable(string message)
    {
        foreach (var rune in message.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar || IsHidden(rune)) return false;
        }

        return true;
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
