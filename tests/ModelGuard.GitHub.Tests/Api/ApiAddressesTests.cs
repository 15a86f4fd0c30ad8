using CsCheck;
using ModelGuard.GitHub.Api;

namespace ModelGuard.GitHub.Tests.Api;

public sealed class ApiAddressesTests
{
    [Theory]
    [InlineData(null, null, "https://api.github.com/", "https://api.github.com/graphql")]
    [InlineData("https://api.github.com", "https://api.github.com/graphql", "https://api.github.com/", "https://api.github.com/graphql")]
    [InlineData("https://git.example/api/v3", null, "https://git.example/api/v3/", "https://git.example/api/graphql")]
    [InlineData("https://git.example/api/v3/", "https://git.example/api/graphql", "https://git.example/api/v3/", "https://git.example/api/graphql")]
    [InlineData("https://api.acme.ghe.com", null, "https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql")]
    [InlineData("http://127.0.0.1:4010", null, "http://127.0.0.1:4010/", "http://127.0.0.1:4010/graphql")]
    public void Addresses_of_github_com_and_of_Enterprise_Servers(string? rest, string? graphQl, string restAddress, string graphQlAddress) => Assert.Equal(new ApiAddresses(new Uri(restAddress), new Uri(graphQlAddress)), ApiAddresses.Create(rest, graphQl));

    [Theory]
    [InlineData("http://git.example/api/v3")]
    [InlineData("https://user:password@git.example/api/v3")]
    [InlineData("https://git.example/api/v3?x=1")]
    [InlineData("file:///etc/passwd")]
    [InlineData("git.example")]
    public void A_token_is_sent_to_no_address_like_these(string address)
    {
        Assert.Equal("MG3002", Assert.Throws<GitHubException>(() => ApiAddresses.Create(address, null)).Code);
        Assert.Equal("MG3002", Assert.Throws<GitHubException>(() => ApiAddresses.Create(null, address)).Code);
    }

    [Theory]
    [InlineData("acme/modelguard", true)]
    [InlineData("a-b/c.d_e-f", true)]
    [InlineData("acme", false)]
    [InlineData("acme/..", false)]
    [InlineData("acme/a/b", false)]
    [InlineData("acme/a?b", false)]
    [InlineData("acme/a\n", false)]
    [InlineData("../acme", false)]
    public void A_repository_is_owner_and_name(string text, bool isOne) => Assert.Equal(isOne ? text : null, RepositoryName.TryParse(text)?.ToString());

    [Fact]
    public void A_repositorys_name_leads_nowhere_else_in_an_address() => Gen.String.Sample(text =>
    {
        if (RepositoryName.TryParse(text) is { } name) Assert.Equal($"/repos/{name}/pulls", new Uri(new Uri("https://git.example/"), $"repos/{name}/pulls").AbsolutePath);
    });

    [Fact]
    public void A_token_shows_itself_nowhere()
    {
        var token = AccessToken.Create("ghs_secret");

        Assert.Equal("***", token.ToString());
        Assert.Equal("Bad: ***", token.Redact("Bad: ghs_secret"));
        Assert.Equal("MG3001", Assert.Throws<GitHubException>(() => AccessToken.Create("ghs_secret\r\nX-Evil: 1")).Code);
        Assert.Equal("MG3001", Assert.Throws<GitHubException>(() => AccessToken.Create("")).Code);
    }
}
