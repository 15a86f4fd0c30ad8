using System.Globalization;
using System.Text;

namespace ModelGuard.Checkpoints;

/// <summary>A checkpoint that is not what it claims to be, or that is not supported (codes MG02xx).</summary>
public sealed class CheckpointException(string code, string message, string? path = null, Exception? inner = null) : Exception(Printable(message), inner)
{
    private const int LongestMessage = 2000;

    /// <summary>The diagnostic code, for example <c>MG0201</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The file or folder, where there is one.</summary>
    public string? Path { get; } = path;

    // Names come from files that anyone may have written: a line break or an escape sequence in one must not forge a line of a log.
    private static string Printable(string message)
    {
        var text = new StringBuilder();
        foreach (var rune in message.EnumerateRunes())
        {
            var hidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            text.Append(hidden ? string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}") : rune.ToString());
        }

        // The start says what and where, the end says what to do.
        if (text.Length <= LongestMessage) return text.ToString();
        var (head, tail) = (LongestMessage - 500, text.Length - 500);
        if (char.IsLowSurrogate(text[head])) head--;
        if (char.IsLowSurrogate(text[tail])) tail++;
        return $"{text.ToString(0, head)} … {text.ToString(tail, text.Length - tail)}";
    }
}
