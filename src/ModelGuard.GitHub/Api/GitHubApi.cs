using System.Reflection;
using System.Text.Json;
using Octokit;
using Octokit.Internal;

namespace ModelGuard.GitHub.Api;

/// <summary>GitHub's API by Octokit: one address, one token, bounded retries, and failures as sentences.</summary>
public sealed class GitHubApi : IDisposable
{
    private const string Json = "application/json";
    private readonly RetryingHttpClient http;
    private readonly AccessToken token;
    private readonly Uri graphQl;
    private readonly GitHubClient client;

    /// <summary>Prepares a connection; nothing is sent yet.</summary>
    /// <param name="addresses">Where GitHub is.</param>
    /// <param name="token">Who asks.</param>
    /// <param name="longestWait">How long to wait for GitHub before one request, all its retries together.</param>
    /// <param name="clock">Waits.</param>
    /// <param name="cancellation">Ends what runs.</param>
    public GitHubApi(ApiAddresses addresses, AccessToken token, TimeSpan longestWait, TimeProvider clock, CancellationToken cancellation)
    {
        (this.token, graphQl, Clock, Cancellation) = (token, addresses.GraphQl, clock, cancellation);
        http = new RetryingHttpClient(new HttpClientAdapter(() => new TokenGuard(new HttpClientHandler { AllowAutoRedirect = false }, addresses.Rest, addresses.GraphQl)), graphQl, new RetryRule(longestWait), clock, cancellation);
        var product = new ProductHeaderValue("ModelGuard", typeof(GitHubApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]);
        client = new GitHubClient(new Connection(product, addresses.Rest, new InMemoryCredentialStore(token.ToCredentials()), http, new CheckedJson()));
    }

    internal TimeProvider Clock { get; }

    internal CancellationToken Cancellation { get; }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    /// <summary>Asks GitHub for something.</summary>
    /// <param name="what">What is asked for, after "The token may not": "write comments".</param>
    /// <param name="request">The request.</param>
    /// <exception cref="GitHubException">MG3003 to MG3007: GitHub refused, or was not reached.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    internal async Task<T> AskAsync<T>(string what, Func<GitHubClient, Task<T>> request)
    {
        try
        {
            return await request(client) ?? throw CheckedJson.Unreadable();
        }
        catch (Exception e) when (e is not OperationCanceledException || !Cancellation.IsCancellationRequested)
        {
            // Whatever a cancelled request ends with.
            Cancellation.ThrowIfCancellationRequested();
            if (e is not GitHubException && ApiFailures.Describe(e, what, token, Clock.GetUtcNow()) is { } known) throw known;
            throw;
        }
    }

    /// <summary>Runs a GraphQL query.</summary>
    /// <param name="query">The query.</param>
    /// <param name="variables">Its variables.</param>
    /// <returns>The member <c>data</c>.</returns>
    /// <exception cref="GitHubException">MG3003 to MG3008.</exception>
    internal async Task<JsonElement> QueryAsync(string query, Dictionary<string, string[]> variables)
    {
        var body = JsonSerializer.Serialize(new GraphQlRequest(query, variables), GraphQlJson.Default.GraphQlRequest);
        var answer = await AskAsync("run GraphQL queries", c => c.Connection.Post<object>(graphQl, body, Json, Json));
        return GraphQlAnswer.Data(answer.HttpResponse.Body as string ?? "", token);
    }
}
