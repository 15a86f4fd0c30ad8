using System.Net;
using ModelGuard.GitHub.Api;
using Octokit;
using Octokit.Internal;

namespace ModelGuard.GitHub.Tests.Api;

public sealed class RetryTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly Uri Base = new("https://github.example/api/v3/");
    private static readonly Uri GraphQl = new("https://github.example/api/graphql");

    [Fact]
    public async Task A_wait_is_what_the_server_asks_for_in_seconds_or_as_a_date()
    {
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(30)], await WaitsAsync(HttpMethod.Get, Answer(429, ("Retry-After", "7")), Answer(503, ("retry-after", "Tue, 10 Mar 2026 12:00:37 GMT"))));
    }

    [Fact]
    public async Task A_primary_limit_is_waited_for_until_it_is_reset_and_a_second_longer()
    {
        var reset = Now.AddSeconds(20).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal([TimeSpan.FromSeconds(21)], await WaitsAsync(HttpMethod.Get, Answer(403, ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset))));
    }

    [Fact]
    public async Task A_secondary_limit_that_names_no_time_is_waited_for_a_minute() =>
        Assert.Equal([TimeSpan.FromMinutes(1)], await WaitsAsync(HttpMethod.Post, Answer(403, "You have exceeded a secondary rate limit.")));

    [Fact]
    public async Task Failures_of_the_server_are_waited_for_twice_as_long_each_time_and_four_times_at_most()
    {
        var (waits, last) = await SendAsync(HttpMethod.Get, Base, [.. Enumerable.Repeat(Answer(502), 9)]);

        Assert.Equal([1, 2, 4, 8], waits.Select(w => w.TotalSeconds));
        Assert.Equal(HttpStatusCode.BadGateway, last!.StatusCode);
    }

    [Theory]
    [InlineData("POST", 500, 0)]
    [InlineData("POST", 503, 0)]
    [InlineData("PATCH", 500, 1)]
    [InlineData("DELETE", 500, 1)]
    [InlineData("GET", 404, 0)]
    [InlineData("GET", 403, 0)]
    [InlineData("GET", 422, 0)]
    public async Task Only_what_does_no_harm_twice_is_sent_again(string method, int status, int retries) => Assert.Equal(retries, (await WaitsAsync(new HttpMethod(method), Answer(status))).Length);

    [Fact]
    public async Task A_GraphQL_query_reads_and_is_sent_again_though_by_POST() => Assert.Single((await SendAsync(HttpMethod.Post, GraphQl, [Answer(502)])).Waits);

    [Fact]
    public async Task A_longer_wait_than_allowed_is_none_and_waits_add_up()
    {
        Assert.Empty(await WaitsAsync(HttpMethod.Get, Answer(429, ("Retry-After", "121"))));
        Assert.Equal([TimeSpan.FromSeconds(100)], await WaitsAsync(HttpMethod.Get, Answer(429, ("Retry-After", "100")), Answer(429, ("Retry-After", "100"))));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("99999999999999999999")]
    [InlineData("")]
    public async Task A_time_that_is_none_counts_as_not_named(string after) => Assert.Equal([TimeSpan.FromMinutes(1)], await WaitsAsync(HttpMethod.Get, Answer(429, ("Retry-After", after), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", after))));

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, "POST", 1)]
    [InlineData(HttpRequestError.NameResolutionError, "POST", 1)]
    [InlineData(HttpRequestError.ResponseEnded, "POST", 0)]
    [InlineData(HttpRequestError.ResponseEnded, "GET", 1)]
    [InlineData(HttpRequestError.SecureConnectionError, "GET", 0)]
    public async Task A_broken_connection_is_tried_again_where_nothing_was_sent_or_repeating_does_no_harm(HttpRequestError error, string method, int retries) =>
        Assert.Equal(retries, (await WaitsAsync(new HttpMethod(method), () => throw new HttpRequestException(error, "broken"))).Length);

    [Fact]
    public async Task A_cancelled_run_waits_for_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        var clock = new InstantClock(Now);
        using var client = new RetryingHttpClient(new Scripted([() => { cancelled.Cancel(); throw new TaskCanceledException(); }]), GraphQl, new RetryRule(TimeSpan.FromMinutes(2)), clock, cancelled.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Send(Request(HttpMethod.Get, Base), CancellationToken.None));

        Assert.Empty(clock.Waits);
    }

    private static async Task<TimeSpan[]> WaitsAsync(HttpMethod method, params Func<IResponse>[] answers) => (await SendAsync(method, Base, answers)).Waits;

    private static async Task<(TimeSpan[] Waits, IResponse? Last)> SendAsync(HttpMethod method, Uri address, Func<IResponse>[] answers)
    {
        var clock = new InstantClock(Now);
        using var client = new RetryingHttpClient(new Scripted(answers), GraphQl, new RetryRule(TimeSpan.FromMinutes(2)), clock, CancellationToken.None);
        try
        {
            return (clock.Waits, await client.Send(Request(method, address), CancellationToken.None)) with { Item1 = clock.Waits };
        }
        catch (HttpRequestException)
        {
            return (clock.Waits, null);
        }
    }

    private static Request Request(HttpMethod method, Uri address) => new() { Method = method, BaseAddress = Base, Endpoint = address };

    private static Func<IResponse> Answer(int status, params (string Name, string Value)[] headers) => Answer(status, "", headers);

    private static Func<IResponse> Answer(int status, string body, params (string Name, string Value)[] headers) => () => new Answered((HttpStatusCode)status, body, headers.ToDictionary(h => h.Name, h => h.Value, StringComparer.Ordinal));

    private sealed record Answered(HttpStatusCode StatusCode, object Body, IReadOnlyDictionary<string, string> Headers) : IResponse
    {
        public ApiInfo ApiInfo => throw new NotSupportedException();

        public string ContentType => "application/json";
    }

    /// <summary>Answers as told, and well when nothing is left to tell.</summary>
    private sealed class Scripted(Func<IResponse>[] answers) : IHttpClient
    {
        private int next;

        public Task<IResponse> Send(IRequest request, CancellationToken cancellationToken, Func<object, object>? preprocessResponseBody = null) => Task.FromResult(next < answers.Length ? answers[next++]() : Answer(200)());

        public void SetRequestTimeout(TimeSpan timeout)
        {
        }

        public void Dispose()
        {
        }
    }
}
