using System.Text;

namespace ModelGuard.Diffusion.Text;

/// <summary>
/// CLIP's pattern for words: a special token, an English contraction, letters, one digit, or other signs. Walks over code points, which
/// .NET's regular expressions do not: letters outside the basic plane (<c>𝓬𝓪𝓽</c>) are letters.
/// </summary>
internal static class ClipWords
{
    /// <summary>The special tokens that the pattern knows, whatever the tokenizer's own are called.</summary>
    public static readonly string[] SpecialTokens = ["<|startoftext|>", "<|endoftext|>"];

    private static readonly string[] Whole = [.. SpecialTokens, "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>The words of a text in lower case, in order, without the white space.</summary>
    public static IEnumerable<string> Split(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var length = Length(text, i, out var kind);
            if (kind != Kind.Space) yield return text.Substring(i, length);
            i += length;
        }
    }

    private static int Length(string text, int start, out Kind kind)
    {
        kind = KindAt(text, start, out var length);
        foreach (var whole in Whole)
        {
            if (string.CompareOrdinal(text, start, whole, 0, whole.Length) == 0) return whole.Length;
        }

        if (kind == Kind.Number) return length;
        while (start + length < text.Length && KindAt(text, start + length, out var next) == kind) length += next;
        return length;
    }

    private static Kind KindAt(string text, int index, out int length)
    {
        // What enters has no lone surrogates; one would be a sign like any other.
        var rune = Rune.TryGetRuneAt(text, index, out var found) ? found : Rune.ReplacementChar;
        length = rune.Utf16SequenceLength;
        if (Rune.IsWhiteSpace(rune)) return Kind.Space;
        if (Rune.IsLetter(rune)) return Kind.Letter;
        return Rune.IsNumber(rune) ? Kind.Number : Kind.Other;
    }
}
