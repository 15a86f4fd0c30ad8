using System.Text.RegularExpressions;

namespace ModelGuard.GitHub;

/// <summary>A repository as GitHub names it.</summary>
/// <param name="Owner">A user or an organisation.</param>
/// <param name="Name">The repository's own name.</param>
public sealed partial record RepositoryName(string Owner, string Name)
{
    /// <summary>Reads <c>owner/name</c>.</summary>
    /// <returns>The name, or null for anything else.</returns>
    public static RepositoryName? TryParse(string? text) => text is not null && Form().Match(text) is { Success: true } match ? new RepositoryName(match.Groups["owner"].Value, match.Groups["name"].Value) : null;

    /// <inheritdoc />
    public override string ToString() => $"{Owner}/{Name}";

    // No '.' and '..': they would be steps of a path in the address of a request.
    [GeneratedRegex(@"\A(?<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/(?!\.{1,2}\z)(?<name>[A-Za-z0-9._-]{1,100})\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
