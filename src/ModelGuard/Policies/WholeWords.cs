namespace ModelGuard.Policies;

/// <summary>Finds names in texts as a reader does: as whole words, whatever their case and the space between them.</summary>
internal static class WholeWords
{
    /// <summary>Whether a name stands in a text as whole words: 'art' does not stand in 'a party'.</summary>
    public static bool Contain(string text, string name)
    {
        var (words, sought) = (Words(text), Words(name));
        // A name without letters and digits, such as an emoji, has no words.
        if (sought.Length == 0) return text.Contains(name, StringComparison.OrdinalIgnoreCase);
        return Enumerable.Range(0, Math.Max(0, words.Length - sought.Length + 1)).Any(start => words.AsSpan(start, sought.Length).SequenceEqual(sought, StringComparer.OrdinalIgnoreCase));
    }

    private static string[] Words(string text)
    {
        var separated = string.Create(text.Length, text, (span, t) =>
        {
            for (var i = 0; i < t.Length; i++) span[i] = char.IsLetterOrDigit(t[i]) || char.IsSurrogate(t[i]) || char.GetUnicodeCategory(t[i]) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark ? t[i] : ' ';
        });
        return separated.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
