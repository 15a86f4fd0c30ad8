using System.Collections.Immutable;

namespace ModelGuard.GitHub.Comments;

/// <summary>A comment on a pull request that carries our marker.</summary>
/// <param name="Id">Its number.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="Body">Its text.</param>
internal sealed record OwnComment(long Id, DateTimeOffset CreatedAt, string Body);

/// <summary>What is to be done so that exactly one comment says the given text.</summary>
/// <param name="Canonical">The comment that stays; null where there is none yet.</param>
/// <param name="IsCurrent">Whether it says so already.</param>
/// <param name="Doubles">Comments to delete: two runs at the same time both found none, and wrote one each.</param>
internal sealed record CommentPlan(OwnComment? Canonical, bool IsCurrent, ImmutableArray<OwnComment> Doubles)
{
    /// <summary>Keeps the oldest: whoever linked to it finds it again.</summary>
    public static CommentPlan Create(IEnumerable<OwnComment> own, string body)
    {
        OwnComment[] byAge = [.. own.OrderBy(c => c.CreatedAt).ThenBy(c => c.Id)];
        return new CommentPlan(byAge.FirstOrDefault(), byAge.Length > 0 && Normal(byAge[0].Body) == Normal(body), [.. byAge.Skip(1)]);
    }

    // GitHub may give line ends and the end of a text back in its own form.
    private static string Normal(string text) => text.ReplaceLineEndings("\n").TrimEnd();
}
