using System.Text.RegularExpressions;

namespace ModelGuard.GitHub.Comments;

/// <summary>The first line of a comment, which GitHub does not show: it tells which report the comment is of.</summary>
public sealed partial record CommentMarker
{
    private CommentMarker(string key) => Key = key;

    /// <summary>What tells the comments of several policies of a repository apart.</summary>
    public string Key { get; }

    /// <summary>What stands in the HTML comment.</summary>
    public string Name => $"modelguard:report:{Key} v1";

    /// <summary>The line itself.</summary>
    public string Text => $"<!-- {Name} -->";

    /// <summary>A marker for a key of letters, digits, '.', '_' and '-', at most 64.</summary>
    /// <returns>The marker, or null for another key: it could end the HTML comment.</returns>
    public static CommentMarker? TryCreate(string key) => Form().IsMatch(key) ? new CommentMarker(key) : null;

    /// <summary>A marker for any text, for example a policy's file name: what a key cannot hold becomes '-'.</summary>
    public static CommentMarker For(string text)
    {
        var key = Runs().Replace(Other().Replace(text, "-"), "-").Trim('-', '.');
        return new CommentMarker(key.Length == 0 ? "report" : key[..Math.Min(key.Length, 64)].Trim('-', '.'));
    }

    /// <summary>Whether a comment's text begins with the marker.</summary>
    public bool Marks(string? body) => body?.StartsWith(Text, StringComparison.Ordinal) == true;

    // No '--' inside: it would end an HTML comment for some readers.
    [GeneratedRegex(@"\A(?!.*--)[A-Za-z0-9._]([A-Za-z0-9._-]{0,62}[A-Za-z0-9._])?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();

    [GeneratedRegex("[^A-Za-z0-9._-]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Other();

    [GeneratedRegex("-{2,}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Runs();
}
