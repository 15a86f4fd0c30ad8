using ModelGuard.GitHub.Actions;
using ModelGuard.GitHub.Api;

namespace ModelGuard.GitHub.Publishing;

/// <summary>Where a report belongs.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="PullRequest">The pull request; null where there is none.</param>
/// <param name="Commit">The commit that was judged; null where nobody says.</param>
/// <param name="IsFromFork">Whether the commit lies in a fork.</param>
internal sealed record PublishTarget(RepositoryName Repository, int? PullRequest, string? Commit, bool IsFromFork)
{
    /// <summary>The target of a run: what the caller names, then what GitHub's event says, then, after a <c>workflow_run</c>, what GitHub knows about its branch.</summary>
    /// <exception cref="GitHubException">MG3002: no repository, or a malformed one; MG3003 to MG3007; MG3009: the pull request has moved on.</exception>
    public static async Task<PublishTarget> FindAsync(PublishRequest request, ActionsEnvironment environment, WorkflowEvent trigger, GitHubApi api)
    {
        var repository = RepositoryOf(request, environment);
        // After a workflow_run, GITHUB_SHA is the default branch's.
        var commit = request.Commit ?? trigger.Commit ?? (trigger.Name == WorkflowEvent.WorkflowRun || request.PullRequest is not null ? null : environment.Commit);
        var head = await HeadAsync(request, trigger, repository, commit, api);
        if (head is not null && commit is not null && head.Commit != commit)
            throw new GitHubException("MG3009", FormattableString.Invariant($"Pull request {head.Number} has moved on to {Short(head.Commit)}, and this report is about {Short(commit)}. Nothing is published; the newer run will."));
        return new PublishTarget(repository, head?.Number, commit ?? head?.Commit, trigger.IsFromFork);
    }

    /// <summary>The repository, by name.</summary>
    /// <exception cref="GitHubException">MG3002.</exception>
    public static RepositoryName RepositoryOf(PublishRequest request, ActionsEnvironment environment) => request.Repository ?? (environment.Repository is { } text
        ? RepositoryName.TryParse(text) ?? throw new GitHubException("MG3002", $"GITHUB_REPOSITORY is '{text}', which is no 'owner/name'. Leave it as GitHub Actions sets it, or name the repository with --repository.")
        : throw new GitHubException("MG3002", "It is unknown which repository is meant. Name it with --repository owner/name, or run in GitHub Actions."));

    private static async Task<PullRequestHead?> HeadAsync(PublishRequest request, WorkflowEvent trigger, RepositoryName repository, string? commit, GitHubApi api)
    {
        if ((request.PullRequest ?? trigger.PullRequest) is { } number) return await PullRequests.GetAsync(api, repository, number);
        return trigger.Head is { } head && commit is not null ? await PullRequests.FindAsync(api, repository, head, commit) : null;
    }

    private static string Short(string commit) => commit[..Math.Min(12, commit.Length)];
}
