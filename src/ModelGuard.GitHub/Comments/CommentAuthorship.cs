using System.Collections.Immutable;
using System.Text.Json;
using ModelGuard.GitHub.Api;
using Octokit;

namespace ModelGuard.GitHub.Comments;

/// <summary>
/// Which comments the token's own account wrote. A token with <c>pull-requests: write</c> may change anybody's comment, and anybody may
/// write our marker: only this check keeps others' comments from being overwritten, and planted ones from being adopted.
/// </summary>
internal static class CommentAuthorship
{
    private const int LargestQuery = 100;

    // By GraphQL, since a token of GitHub Actions may not ask who it is.
    private const string Query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { viewerDidAuthor } } }";

    /// <summary>The comments that are ours.</summary>
    /// <param name="api">GitHub.</param>
    /// <param name="comments">Comments with our marker.</param>
    /// <param name="author">The account that is known to write ours, instead of asking.</param>
    /// <exception cref="GitHubException">MG3003 to MG3008.</exception>
    public static async Task<ImmutableArray<IssueComment>> OursAsync(GitHubApi api, IReadOnlyCollection<IssueComment> comments, string? author)
    {
        if (author is not null) return [.. comments.Where(c => author.Equals(c.User?.Login, StringComparison.OrdinalIgnoreCase))];
        var ours = ImmutableArray.CreateBuilder<IssueComment>();
        foreach (var chunk in comments.Chunk(LargestQuery))
        {
            var data = await api.QueryAsync(Query, new Dictionary<string, string[]>(StringComparer.Ordinal) { ["ids"] = [.. chunk.Select(c => c.NodeId)] });
            // In the order of the ids. The nodes' own ids may come back in another form.
            if (!data.TryGetProperty("nodes", out var nodes) || nodes.ValueKind != JsonValueKind.Array || nodes.GetArrayLength() != chunk.Length) throw new GitHubException("MG3008", "GitHub's GraphQL API answered for other comments than it was asked about. Check GITHUB_GRAPHQL_URL, or name the account that writes the comments with --author.");
            ours.AddRange(chunk.Zip(nodes.EnumerateArray()).Where(p => IsOurs(p.Second)).Select(p => p.First));
        }

        return ours.ToImmutable();
    }

    // A comment that was deleted meanwhile is null.
    private static bool IsOurs(JsonElement node) => node.ValueKind == JsonValueKind.Object && node.TryGetProperty("viewerDidAuthor", out var value) && value.ValueKind == JsonValueKind.True;
}
