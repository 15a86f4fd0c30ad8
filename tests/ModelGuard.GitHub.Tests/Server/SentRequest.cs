using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>A request as it arrived.</summary>
internal sealed record SentRequest(string Method, string Path, IQueryCollection Query, string QueryText, string? Authorization, string? Accept, string? ContentType, string Body)
{
    /// <summary>The path as GitHub's description writes it, without an Enterprise Server's prefix.</summary>
    public string Route => Path.StartsWith("/api/v3", StringComparison.Ordinal) ? Path["/api/v3".Length..] : Path;

    public JsonNode Json => JsonNode.Parse(Body)!;

    public static async Task<SentRequest> ReadAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        return new SentRequest(request.Method, request.Path.Value!, request.Query, request.QueryString.Value ?? "", request.Headers.Authorization, request.Headers.Accept, request.ContentType, await reader.ReadToEndAsync());
    }

    public override string ToString() => $"{Method} {Route}";
}
