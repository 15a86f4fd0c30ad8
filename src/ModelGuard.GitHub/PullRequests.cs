using ModelGuard.GitHub.Actions;
using ModelGuard.GitHub.Api;
using Octokit;

namespace ModelGuard.GitHub;

/// <summary>Which pull request a run belongs to, by what GitHub says and never by what an artifact says.</summary>
internal static class PullRequests
{
    /// <summary>The open pull request whose head is a branch, rather one whose head is a commit.</summary>
    /// <returns>Its number and head commit now, or null for none.</returns>
    /// <exception cref="GitHubException">MG3003 to MG3007.</exception>
    public static async Task<PullRequestHead?> FindAsync(GitHubApi api, RepositoryName repository, HeadBranch head, string commit)
    {
        var request = new PullRequestRequest { State = ItemStateFilter.Open, Head = $"{head.Owner}:{head.Branch}" };
        var found = await api.AskAsync("read pull requests", c => c.PullRequest.GetAllForRepository(repository.Owner, repository.Name, request, new ApiOptions { PageSize = 100 }));
        // Several branches may be the base of one head; the newest pull request is the one that a run was started for last.
        return found.Select(HeadOf).OrderByDescending(p => p.Commit == commit).ThenByDescending(p => p.Number).FirstOrDefault();
    }

    /// <summary>The head of a pull request now.</summary>
    /// <exception cref="GitHubException">MG3003 to MG3007.</exception>
    public static async Task<PullRequestHead> GetAsync(GitHubApi api, RepositoryName repository, int number)
    {
        return HeadOf(await api.AskAsync("read pull requests", c => c.PullRequest.Get(repository.Owner, repository.Name, number)));
    }

    private static PullRequestHead HeadOf(PullRequest pull) => CommitId.IsValid(pull.Head?.Sha) ? new PullRequestHead(pull.Number, pull.Head!.Sha) : throw CheckedJson.Unreadable();
}

/// <summary>A pull request and the commit at its head.</summary>
internal sealed record PullRequestHead(int Number, string Commit);
