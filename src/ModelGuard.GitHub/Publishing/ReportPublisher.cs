using System.Collections.Immutable;
using ModelGuard.GitHub.Actions;
using ModelGuard.GitHub.Api;
using ModelGuard.GitHub.Checks;
using ModelGuard.GitHub.Comments;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.GitHub.Publishing;

/// <summary>Brings a report to where people look: the pull request and its commit. What GitHub does not allow is a warning and no failure.</summary>
/// <param name="report">A report of anybody's.</param>
/// <param name="texts">Its texts.</param>
/// <param name="annotations">Its annotations.</param>
/// <param name="request">What is wanted.</param>
/// <param name="environment">Where this runs.</param>
/// <param name="trigger">What started it.</param>
public sealed class ReportPublisher(ReportView report, ReportTexts texts, ImmutableArray<Annotation> annotations, PublishRequest request, ActionsEnvironment environment, WorkflowEvent trigger)
{
    private readonly ImmutableArray<GitHubException>.Builder warnings = ImmutableArray.CreateBuilder<GitHubException>();

    /// <summary>Publishes.</summary>
    /// <param name="token">The text of the token; null for none.</param>
    /// <param name="clock">Waits.</param>
    /// <param name="cancellation">Ends what runs.</param>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public async Task<PublishResult> PublishAsync(string? token, TimeProvider clock, CancellationToken cancellation)
    {
        PublishedComment? comment = null;
        long? check = null;
        if (request.WritesComment || request.CheckRun is not null) await TryAsync(async () => (comment, check) = await WriteAsync(token, clock, cancellation));
        return new PublishResult(comment, check, warnings.ToImmutable());
    }

    private async Task<(PublishedComment? Comment, long? Check)> WriteAsync(string? token, TimeProvider clock, CancellationToken cancellation)
    {
        // Known before anything is asked for, and said better than by GitHub's refusal.
        if (trigger is { IsFromFork: true, Name: "pull_request" or "pull_request_review" }) throw new GitHubException("MG3010", "This pull request comes from a fork, whose runs get a token that can only read. The report is in the job's summary; to have it as a comment, add the second workflow of docs/github.md.");
        using var api = new GitHubApi(ApiAddresses.Create(environment.ApiAddress, environment.GraphQlAddress), AccessToken.Create(token), request.LongestWait, clock, cancellation);
        var target = await PublishTarget.FindAsync(request, environment, trigger, api);
        PublishedComment? comment = null;
        long? check = null;
        // One that may not be written leaves the other.
        if (request.WritesComment) await TryAsync(async () => comment = await CommentAsync(target, api));
        if (request.CheckRun is { } name) await TryAsync(async () => check = await CheckAsync(name, target, api));
        return (comment, check);
    }

    private async Task<PublishedComment> CommentAsync(PublishTarget target, GitHubApi api)
    {
        if (target.PullRequest is not { } number) throw new GitHubException("MG3011", $"There is no pull request to comment on: {(trigger.Name.Length == 0 ? "none is named" : $"the event '{trigger.Name}' has none that is open")}. Name it with --pull-request, or leave the comment out with --no-comment.");
        var marker = request.Marker ?? CommentMarker.For(report.Policy.Name);
        var comment = await new CommentPublisher(api, target.Repository).PublishAsync(number, marker, texts.Comment(marker, target.Commit, target.IsFromFork), request.Author);
        warnings.AddRange(comment.Warnings);
        return comment;
    }

    private async Task<long> CheckAsync(string name, PublishTarget target, GitHubApi api)
    {
        if (target.Commit is not { } commit) throw new GitHubException("MG3002", "It is unknown which commit the check run belongs to. Name it with --commit.");
        return await new CheckRunPublisher(api, target.Repository).PublishAsync(name, commit, CheckRunContent.Create(report, texts.Check(), annotations), environment.RunPage);
    }

    private async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (GitHubException e)
        {
            warnings.Add(e);
        }
    }
}
