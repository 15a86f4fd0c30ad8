using System.Globalization;
using System.Net;
using Octokit;

namespace ModelGuard.GitHub.Api;

/// <summary>
/// When a request is sent again, and after what time: GitHub's "Best practices for using the REST API" (handle rate limit errors
/// appropriately). A server's <c>Retry-After</c> comes first, then <c>x-ratelimit-reset</c>, then a minute for a secondary limit that names
/// no time, else one second that doubles.
/// </summary>
/// <param name="LongestWait">How long all waits before one request may take together.</param>
internal sealed record RetryRule(TimeSpan LongestWait)
{
    /// <summary>How often a request is sent again.</summary>
    public const int Retries = 4;

    private static readonly TimeSpan SecondaryLimit = TimeSpan.FromMinutes(1);

    /// <summary>The wait before the request is sent again.</summary>
    /// <param name="response">What the server answered; null when it did not.</param>
    /// <param name="failure">Why it did not.</param>
    /// <param name="isRepeatable">Whether carrying the request out twice does no harm.</param>
    /// <param name="retry">How often it was sent again already.</param>
    /// <param name="waited">How long was waited already.</param>
    /// <param name="now">The time, which a server's date is compared with.</param>
    /// <returns>The time, or null for not at all.</returns>
    public TimeSpan? Wait(IResponse? response, Exception? failure, bool isRepeatable, int retry, TimeSpan waited, DateTimeOffset now)
    {
        var wait = response is null ? AfterFailure(failure, isRepeatable, retry) : AfterResponse(response, isRepeatable, retry, now);
        return wait is { } time && waited + time <= LongestWait ? time : null;
    }

    /// <summary>Whether the answer is a limit on requests, primary or secondary.</summary>
    public static bool IsRateLimit(IResponse response) => response.StatusCode switch
    {
        HttpStatusCode.TooManyRequests => true,
        HttpStatusCode.Forbidden => Header(response, "Retry-After") is not null || Header(response, "x-ratelimit-remaining") == "0" || SaysRateLimit(response),
        _ => false,
    };

    /// <summary>When the server says that it takes requests again; null when it does not say.</summary>
    public static TimeSpan? ServersWait(IResponse response, DateTimeOffset now)
    {
        if (Header(response, "Retry-After") is { } after)
        {
            if (int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return TimeSpan.FromSeconds(seconds);
            if (DateTimeOffset.TryParseExact(after, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)) return NotNegative(date - now);
        }

        // A clock that is a second behind would ask too early.
        if (Header(response, "x-ratelimit-remaining") == "0" && long.TryParse(Header(response, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset) && reset < int.MaxValue * 2L)
            return NotNegative(DateTimeOffset.FromUnixTimeSeconds(reset) - now) + TimeSpan.FromSeconds(1);
        return null;
    }

    private static TimeSpan? AfterResponse(IResponse response, bool isRepeatable, int retry, DateTimeOffset now)
    {
        // A request over the limit was not carried out, so it may be sent again whatever it is.
        if (IsRateLimit(response)) return ServersWait(response, now) ?? SecondaryLimit;
        return (int)response.StatusCode >= 500 && isRepeatable ? ServersWait(response, now) ?? Doubling(retry) : null;
    }

    private static TimeSpan? AfterFailure(Exception? failure, bool isRepeatable, int retry) => failure switch
    {
        // Never sent.
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError } => Doubling(retry),
        // A certificate does not become valid by asking again.
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => null,
        // A timeout of one request; a cancelled run is not asked here.
        HttpRequestException or IOException or OperationCanceledException => isRepeatable ? Doubling(retry) : null,
        _ => null,
    };

    private static bool SaysRateLimit(IResponse response) => response.Body is string body && (body.Contains("rate limit", StringComparison.OrdinalIgnoreCase) || body.Contains("abuse detection", StringComparison.OrdinalIgnoreCase));

    private static string? Header(IResponse response, string name) => response.Headers.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private static TimeSpan Doubling(int retry) => TimeSpan.FromSeconds(1 << Math.Min(retry, 10));

    private static TimeSpan NotNegative(TimeSpan time) => time < TimeSpan.Zero ? TimeSpan.Zero : time;
}
