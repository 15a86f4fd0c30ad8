using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelGuard.GitHub.Api;

/// <summary>A GraphQL request over HTTP.</summary>
internal sealed record GraphQlRequest(string Query, Dictionary<string, string[]> Variables);

/// <summary>What a GraphQL server answers: it reports errors with status 200 (GraphQL specification, section 7.1).</summary>
internal static class GraphQlAnswer
{
    /// <summary>The member <c>data</c>.</summary>
    /// <exception cref="GitHubException">MG3008: errors, or no such answer.</exception>
    public static JsonElement Data(string body, AccessToken token)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("errors", out _) && root.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object) return data.Clone();
            throw new GitHubException("MG3008", $"GitHub's GraphQL API does not say which comments are this token's: {token.Redact(FirstError(root) ?? "the answer holds no data")} Name the account that writes the comments with --author.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new GitHubException("MG3008", "GitHub's GraphQL API answered with something that is no JSON, so it is unknown which comments are this token's. Check GITHUB_GRAPHQL_URL, or name the account that writes the comments with --author.", e);
        }
    }

    private static string? FirstError(JsonElement root) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
        ? errors.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object && e.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.String).Select(e => e.GetProperty("message").GetString()).FirstOrDefault()
        : null;
}

/// <summary>How GraphQL requests are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GraphQlRequest))]
internal sealed partial class GraphQlJson : JsonSerializerContext;
