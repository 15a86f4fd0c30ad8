using System.Collections.Immutable;
using ModelGuard.GitHub.Api;
using Octokit;

namespace ModelGuard.GitHub.Comments;

/// <summary>What became of a comment.</summary>
public enum CommentChange
{
    /// <summary>There was none.</summary>
    Created,

    /// <summary>It said something else.</summary>
    Updated,

    /// <summary>It said the same; nothing was sent.</summary>
    Unchanged,
}

/// <summary>The comment of a report.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Page">Where it can be read.</param>
/// <param name="Change">What became of it.</param>
/// <param name="Deleted">Doubles that were deleted.</param>
/// <param name="Warnings">What went wrong without harm to the comment.</param>
public sealed record PublishedComment(long Id, string? Page, CommentChange Change, ImmutableArray<long> Deleted, ImmutableArray<GitHubException> Warnings);

/// <summary>Brings a pull request to exactly one comment with a marker.</summary>
public sealed class CommentPublisher(GitHubApi api, RepositoryName repository)
{
    private const int LargestPage = 100;
    private const int Attempts = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Creates the comment, changes it, or leaves it as it is.</summary>
    /// <param name="pullRequest">The pull request's number.</param>
    /// <param name="marker">Tells our comment from others.</param>
    /// <param name="body">The text, which begins with the marker.</param>
    /// <param name="author">The account that is known to write our comments; null to ask GitHub.</param>
    /// <exception cref="GitHubException">MG3003 to MG3008.</exception>
    public async Task<PublishedComment> PublishAsync(int pullRequest, CommentMarker marker, string body, string? author)
    {
        if (!marker.Marks(body)) throw new ArgumentException("The text does not begin with its marker.", nameof(body));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var found = await FindAsync(pullRequest, marker, author);
                return await CarryOutAsync(CommentPlan.Create(found.Select(c => new OwnComment(c.Id, c.CreatedAt, c.Body)), body), found, pullRequest, body);
            }
            catch (GitHubException e) when (e.IsUndecided && attempt < Attempts)
            {
                // The comment may be there, so look again before writing another.
                await Task.Delay(Pause * attempt, api.Clock, api.Cancellation);
            }
        }
    }

    private async Task<ImmutableArray<IssueComment>> FindAsync(int pullRequest, CommentMarker marker, string? author)
    {
        var all = await api.AskAsync("read comments", c => c.Issue.Comment.GetAllForIssue(repository.Owner, repository.Name, pullRequest, new ApiOptions { PageSize = LargestPage }));
        IssueComment[] marked = [.. all.Where(c => marker.Marks(c.Body))];
        return marked.Length == 0 ? [] : await CommentAuthorship.OursAsync(api, marked, author);
    }

    private async Task<PublishedComment> CarryOutAsync(CommentPlan plan, ImmutableArray<IssueComment> found, int pullRequest, string body)
    {
        var (comment, change) = plan switch
        {
            { Canonical: null } => (await api.AskAsync("write comments", c => c.Issue.Comment.Create(repository.Owner, repository.Name, pullRequest, body)), CommentChange.Created),
            { IsCurrent: true } => (found.Single(c => c.Id == plan.Canonical.Id), CommentChange.Unchanged),
            _ => (await api.AskAsync("change comments", c => c.Issue.Comment.Update(repository.Owner, repository.Name, plan.Canonical.Id, body)), CommentChange.Updated),
        };
        var (deleted, warnings) = (ImmutableArray.CreateBuilder<long>(), ImmutableArray.CreateBuilder<GitHubException>());
        foreach (var extra in plan.Doubles)
        {
            try
            {
                if (await DeleteAsync(extra.Id)) deleted.Add(extra.Id);
            }
            catch (GitHubException e)
            {
                warnings.Add(e);
            }
        }

        return new PublishedComment(comment.Id, comment.HtmlUrl, change, deleted.ToImmutable(), warnings.ToImmutable());
    }

    // A run beside this one may have been faster.
    private Task<bool> DeleteAsync(long id) => api.AskAsync("delete comments", async c =>
    {
        try
        {
            await c.Issue.Comment.Delete(repository.Owner, repository.Name, id);
            return true;
        }
        catch (NotFoundException)
        {
            return false;
        }
    });
}
