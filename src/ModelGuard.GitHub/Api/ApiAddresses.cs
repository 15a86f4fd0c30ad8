namespace ModelGuard.GitHub.Api;

/// <summary>Where GitHub's two interfaces are: those of github.com, or of a GitHub Enterprise Server.</summary>
/// <param name="Rest">The base address of the REST API, with a slash at its end.</param>
/// <param name="GraphQl">The address of the GraphQL API.</param>
public sealed record ApiAddresses(Uri Rest, Uri GraphQl)
{
    private const string Public = "https://api.github.com";
    private const string EnterpriseRest = "/api/v3/";

    /// <summary>Takes the addresses that GitHub Actions sets.</summary>
    /// <param name="rest"><c>GITHUB_API_URL</c>; null for github.com.</param>
    /// <param name="graphQl"><c>GITHUB_GRAPHQL_URL</c>; null for the one that belongs to <paramref name="rest"/>.</param>
    /// <exception cref="GitHubException">MG3002: an address that a token must not be sent to.</exception>
    public static ApiAddresses Create(string? rest, string? graphQl)
    {
        var restAddress = Read("GITHUB_API_URL", (string.IsNullOrEmpty(rest) ? Public : rest).TrimEnd('/') + "/");
        return new ApiAddresses(restAddress, string.IsNullOrEmpty(graphQl) ? GraphQlOf(restAddress) : Read("GITHUB_GRAPHQL_URL", graphQl));
    }

    // Enterprise Server has /api/v3 and /api/graphql (GitHub's documentation, "Forming calls with GraphQL").
    private static Uri GraphQlOf(Uri rest) => new(rest, rest.AbsolutePath.EndsWith(EnterpriseRest, StringComparison.Ordinal) ? "../graphql" : "graphql");

    private static Uri Read(string variable, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp) || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new GitHubException("MG3002", $"{variable} is no plain web address. Write one like '{Public}', without user, query and fragment.");
        if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
            throw new GitHubException("MG3002", $"{variable} is '{address}': the token would travel there in the clear. Write an address that begins with 'https://'.");
        return address;
    }
}
