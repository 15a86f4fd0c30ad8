using Octokit.Internal;

namespace ModelGuard.GitHub.Api;

/// <summary>Octokit's JSON, where an answer that is none, or of another form, is a sentence instead of whatever its reader stumbles over.</summary>
internal sealed class CheckedJson : IJsonSerializer
{
    private readonly SimpleJsonSerializer inner = new();

    /// <inheritdoc />
    public string Serialize(object item) => inner.Serialize(item);

    /// <inheritdoc />
    /// <exception cref="GitHubException">MG3007.</exception>
    public T Deserialize<T>(string json)
    {
        try
        {
            return inner.Deserialize<T>(json);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The reader has no exception of its own: bad casts, missing keys and serialization errors all mean this.
            throw Unreadable(e);
        }
    }

    /// <summary>An answer that GitHub does not give; proxies and sign-in pages do.</summary>
    public static GitHubException Unreadable(Exception? inner = null) => new("MG3007", "The answer is not one of GitHub's API. Check GITHUB_API_URL, and whether a proxy or a sign-in page answers instead.", inner);
}
