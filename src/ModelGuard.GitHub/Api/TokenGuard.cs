namespace ModelGuard.GitHub.Api;

/// <summary>Sends the token to the addresses it was given for and to no other: a redirect or a link to a next page may lead anywhere.</summary>
internal sealed class TokenGuard(HttpMessageHandler inner, params Uri[] trusted) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { } address || !trusted.Any(t => IsSameOrigin(t, address))) request.Headers.Authorization = null;
        return base.SendAsync(request, cancellationToken);
    }

    // RFC 6454, section 4: scheme, host and port.
    private static bool IsSameOrigin(Uri one, Uri other) => Uri.Compare(one, other, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;
}
