using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelGuard.Rendering;

/// <summary>
/// The one way of a report's texts into anything that somebody reads. A name may hold markup, a mention, a command for the log that it is
/// printed to, or a line that looks like a compiler's.
/// </summary>
public static partial class UntrustedText
{
    // Not visible, no space, and no part of a word: it parts what a reader of logs or Markdown would take together.
    private const char WordJoiner = '\u2060';
    private const int LongestCell = 160;

    /// <summary>One line without hidden characters: control and format characters (direction, zero width) and halves of surrogate pairs appear as escapes, other spaces as a space.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">Where it is cut, with an ellipsis, in UTF-16 units.</param>
    public static string Visible(string text, int longest = int.MaxValue)
    {
        var visible = new StringBuilder(Math.Min(text.Length, longest) + 8);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune)) i += rune.Utf16SequenceLength;
            else
            {
                visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
                i++;
                continue;
            }

            var part = Rune.GetUnicodeCategory(rune) switch
            {
                _ when rune.Value is '\n' or '\r' or '\t' => " ",
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                UnicodeCategory.SpaceSeparator => " ",
                _ => rune.ToString(),
            };
            if (visible.Length + part.Length > longest - 1 && i < text.Length) return visible.Append('…').ToString();
            visible.Append(part);
        }

        return visible.ToString();
    }

    /// <summary>
    /// <see cref="Visible"/>, and nothing in it works: a mention, a command of a workflow's log (<c>::error::</c>, <c>##[error]</c>) or the form
    /// of a compiler's error is parted by a character that nobody sees.
    /// </summary>
    public static string Inert(string text, int longest = int.MaxValue) => Active().Replace(Visible(text, longest), m => string.Create(CultureInfo.InvariantCulture, $"{m.Value}{WordJoiner}"));

    /// <summary>For a line of Markdown: a code span, in which GitHub and others see neither markup nor HTML, links, mentions or references.</summary>
    public static string InMarkdown(string text)
    {
        var inert = Inert(text, LongestCell).Trim();
        if (inert.Length == 0) return "*(empty)*";
        var fence = new string('`', Backticks().Matches(inert).Select(m => m.Length).DefaultIfEmpty(0).Max() + 1);
        // The span strips one space of each side, and must not begin or end with its own fence.
        var space = inert.StartsWith('`') || inert.EndsWith('`') ? " " : "";
        return $"{fence}{space}{inert}{space}{fence}";
    }

    /// <summary>The same for a cell of a Markdown table, which a bar would end even in a code span.</summary>
    public static string InMarkdownCell(string text) => InMarkdown(text).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>For HTML, between tags or in a quoted attribute.</summary>
    public static string InHtml(string text) => Visible(text)
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal);

    // Between two colons and two hashes; after an at sign; and inside the word that a compiler's line has before its code.
    [GeneratedRegex(@":(?=:)|#(?=#)|@|[ew](?=rror|arning)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Active();

    [GeneratedRegex("`+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Backticks();
}
