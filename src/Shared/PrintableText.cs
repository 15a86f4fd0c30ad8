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
        var text = new StringBuilder();
        foreach (var rune in message.EnumerateRunes())
        {
            var hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            text.Append(hidden ? string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}") : rune.ToString());
        }

        if (text.Length <= LongestMessage) return text.ToString();
        var (head, tail) = (LongestMessage - 500, text.Length - 500);
        if (char.IsLowSurrogate(text[head])) head--;
        if (char.IsLowSurrogate(text[tail])) tail++;
        return $"{text.ToString(0, head)} … {text.ToString(tail, text.Length - tail)}";
    }
}
