namespace ModelGuard.GitHub;

/// <summary>Names of commits.</summary>
public static class CommitId
{
    /// <summary>Whether a text is a full SHA-1 or SHA-256 of git, in lower-case hexadecimal digits.</summary>
    public static bool IsValid(string? text) => text is { Length: 40 or 64 } && text.All(char.IsAsciiHexDigitLower);
}
