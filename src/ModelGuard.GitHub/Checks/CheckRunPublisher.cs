using ModelGuard.GitHub.Actions;
using ModelGuard.GitHub.Api;
using Octokit;

namespace ModelGuard.GitHub.Checks;

/// <summary>Writes a check run on a commit.</summary>
public sealed class CheckRunPublisher(GitHubApi api, RepositoryName repository)
{
    /// <summary>The most annotations that GitHub takes in one request ("Create a check run", <c>output.annotations</c>).</summary>
    public const int AnnotationsInRequest = 50;

    private const int LongestMessage = 64 << 10;

    /// <summary>Creates a check run that is finished, with all its annotations.</summary>
    /// <param name="name">The name that branch protection knows it by; a newer run of the same name on the same commit takes its place.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="content">What it shows.</param>
    /// <param name="details">Where its "Details" lead; null for GitHub's own page.</param>
    /// <returns>The check run's number.</returns>
    /// <exception cref="GitHubException">MG3003 to MG3007.</exception>
    public async Task<long> PublishAsync(string name, string commit, CheckRunContent content, Uri? details)
    {
        var chunks = content.Annotations.Select(Convert).Chunk(AnnotationsInRequest).ToArray();
        var run = await api.AskAsync("write check runs", c => c.Check.Run.Create(repository.Owner, repository.Name, new NewCheckRun(name, commit)
        {
            Status = CheckStatus.Completed,
            Conclusion = content.Conclusion,
            DetailsUrl = details?.AbsoluteUri,
            Output = Output(content, chunks.FirstOrDefault() ?? []),
        }));
        // Each update adds its annotations to those that are there.
        foreach (var chunk in chunks.Skip(1)) await api.AskAsync("write check runs", c => c.Check.Run.Update(repository.Owner, repository.Name, run.Id, new CheckRunUpdate { Output = Output(content, chunk) }));
        return run.Id;
    }

    private static NewCheckRunOutput Output(CheckRunContent content, NewCheckRunAnnotation[] annotations) => new(content.Title, content.Summary) { Annotations = annotations };

    private static NewCheckRunAnnotation Convert(Annotation annotation) => new(annotation.Place!.Path, annotation.Place.Line, annotation.Place.Line, Level(annotation.Level), Cut(annotation.Message, LongestMessage))
    {
        Title = Cut(annotation.Title, 255),
        StartColumn = annotation.Place.Column,
        EndColumn = annotation.Place.Column,
    };

    private static CheckAnnotationLevel Level(AnnotationLevel level) => level switch
    {
        AnnotationLevel.Error => CheckAnnotationLevel.Failure,
        AnnotationLevel.Warning => CheckAnnotationLevel.Warning,
        _ => CheckAnnotationLevel.Notice,
    };

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];
}
