using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ModelGuard.Cli.GitHub;
using ModelGuard.GitHub;
using ModelGuard.GitHub.Actions;
using ModelGuard.GitHub.Comments;
using ModelGuard.GitHub.Publishing;

namespace ModelGuard.Cli.Commands;

/// <summary><c>comment</c>: brings a report to its pull request, without LibTorch.</summary>
internal static class CommentCommand
{
    public static Command Create(CommonOptions options, TimeProvider clock)
    {
        var report = new Argument<string>("REPORT") { Description = "The report of an audit." };
        var arguments = new CommentOptions();
        var command = new ToolCommand("comment", "Creates or updates the comment of a report on its pull request, and what else GitHub shows of a run. What GitHub does not allow is a warning: it changes no verdict.", "modelguard comment audit.json --policy-path policies/shapes.yaml") { report };
        foreach (var option in arguments.All) command.Add(option);
        command.Runs(options, (parse, output, cancellation) =>
        {
            var environment = ActionsEnvironment.Read(Environment.GetEnvironmentVariable);
            var result = new CommentWorkflow(environment, Environment.GetEnvironmentVariable("GITHUB_TOKEN"), output, clock) { Shows = arguments.Shows(parse) }
                .Run(parse.GetRequiredValue(report), parse.GetValue(arguments.PolicyPath), arguments.Request(parse), cancellation);
            return result.Comment is null && parse.GetValue(arguments.RequireComment) ? ExitCodes.CouldNotRun : ExitCodes.Success;
        });
        return command;
    }
}

/// <summary>Options of <c>comment</c>.</summary>
internal sealed class CommentOptions
{
    private const int DefaultWait = 120;
    private const int LongestWait = 3600;
    private readonly Option<RepositoryName?> repository = new("--repository") { Description = "The repository, as owner/name; GITHUB_REPOSITORY when left out.", CustomParser = r => RepositoryName.TryParse(r.Tokens[0].Value) ?? Refuse<RepositoryName>(r, $"'{r.Tokens[0].Value}' is no repository. Write it as owner/name.") };
    private readonly Option<int?> pullRequest = new("--pull-request") { Description = "The pull request's number; that of the event when left out.", CustomParser = r => InRange(r, 1, int.MaxValue) };
    private readonly Option<string?> commit = new("--commit") { Description = "The commit that was judged, in full; that of the event when left out. If it is not the pull request's head any more, nothing is published.", CustomParser = r => CommitId.IsValid(r.Tokens[0].Value) ? r.Tokens[0].Value : Refuse<string>(r, $"'{r.Tokens[0].Value}' is no commit. Write all 40 or 64 hexadecimal digits.") };
    private readonly Option<CommentMarker?> key = new("--key") { Description = "Tells the comments of several policies apart: letters, digits, '.', '_' and '-'. Made of the policy's file name when left out.", CustomParser = r => CommentMarker.TryCreate(r.Tokens[0].Value) ?? Refuse<CommentMarker>(r, $"'{r.Tokens[0].Value}' is no key. Use at most 64 letters, digits, '.', '_' and single '-'.") };
    private readonly Option<string?> author = new("--author") { Description = "The account that writes the comments, for example github-actions[bot]; when left out, GitHub is asked which comments are the token's." };
    private readonly Option<string?> checkRun = new("--check-run") { Description = "Also write a check run of this name on the commit, with annotations in the policy." };
    private readonly Option<bool> noComment = new("--no-comment") { Description = "Write no comment." };
    private readonly Option<bool> noSummary = new("--no-summary") { Description = "Write no job summary, which is written where GITHUB_STEP_SUMMARY is set." };
    private readonly Option<bool> noAnnotations = new("--no-annotations") { Description = "Write no annotations to the log, which are written where GITHUB_ACTIONS is true." };
    private readonly Option<int> longestWait = new("--max-wait") { Description = "How many seconds to wait for GitHub before one request, when it is busy or limits requests.", DefaultValueFactory = _ => DefaultWait, CustomParser = r => InRange(r, 0, LongestWait) };

    public Option<string?> PolicyPath { get; } = new("--policy-path") { Description = "The policy's path in the repository, beside whose lines annotations appear. A report holds its file name alone." };

    public Option<bool> RequireComment { get; } = new("--require-comment") { Description = "End with exit code 2 if there is no comment in the end." };

    public IEnumerable<Option> All => [repository, pullRequest, commit, key, author, checkRun, PolicyPath, noComment, noSummary, noAnnotations, longestWait, RequireComment];

    public PublishRequest Request(ParseResult parse) => new()
    {
        Repository = parse.GetValue(repository),
        PullRequest = parse.GetValue(pullRequest),
        Commit = parse.GetValue(commit),
        Marker = parse.GetValue(key),
        Author = parse.GetValue(author),
        CheckRun = parse.GetValue(checkRun),
        WritesComment = !parse.GetValue(noComment),
        LongestWait = TimeSpan.FromSeconds(parse.GetValue(longestWait)),
    };

    public CommentShows Shows(ParseResult parse) => new(Summary: !parse.GetValue(noSummary), Annotations: !parse.GetValue(noAnnotations));

    private static int InRange(ArgumentResult result, int least, int most)
    {
        var number = Numbers.Parse<int>(result);
        if (!result.Errors.Any() && (number < least || number > most)) result.AddError(string.Create(CultureInfo.InvariantCulture, $"{number} is out of range; '{(result.Parent as OptionResult)?.Option.Name}' takes {least} to {most}."));
        return number;
    }

    private static T? Refuse<T>(ArgumentResult result, string message)
        where T : class
    {
        result.AddError(message);
        return null;
    }
}

/// <summary>What is written for the runner of a workflow.</summary>
/// <param name="Summary">The job's summary.</param>
/// <param name="Annotations">Annotations in the log.</param>
internal sealed record CommentShows(bool Summary, bool Annotations);
