using Octokit;

namespace ModelGuard.GitHub;

/// <summary>A token for GitHub's API, which no message, log or record shows.</summary>
public sealed class AccessToken
{
    private const string Mask = "***";
    private readonly string value;

    private AccessToken(string value) => this.value = value;

    /// <summary>Takes a token.</summary>
    /// <param name="value">The token's text; null or empty for none.</param>
    /// <exception cref="GitHubException">MG3001: no token, or one with characters that cannot stand in a header.</exception>
    public static AccessToken Create(string? value)
    {
        if (string.IsNullOrEmpty(value)) throw new GitHubException("MG3001", "There is no token for GitHub. Set the environment variable GITHUB_TOKEN; in a workflow: 'env: GITHUB_TOKEN: ${{ github.token }}'.");
        if (value.Any(c => c is <= ' ' or > '~')) throw new GitHubException("MG3001", "The token in GITHUB_TOKEN holds a space, a line break or another character that no token has. Set it again, without what was copied along.");
        return new AccessToken(value);
    }

    /// <summary>A text without the token, wherever a server or a library repeated it.</summary>
    public string Redact(string text) => text.Replace(value, Mask, StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => Mask;

    internal Credentials ToCredentials() => new(value);
}
