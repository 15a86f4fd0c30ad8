namespace ModelGuard.GitHub.Actions;

/// <summary>What GitHub Actions tells a step by environment variables ("Store information in variables", default environment variables).</summary>
public sealed record ActionsEnvironment
{
    /// <summary>Whether a workflow runs at all.</summary>
    public bool IsActions { get; private init; }

    /// <summary><c>GITHUB_API_URL</c>.</summary>
    public string? ApiAddress { get; private init; }

    /// <summary><c>GITHUB_GRAPHQL_URL</c>.</summary>
    public string? GraphQlAddress { get; private init; }

    /// <summary><c>GITHUB_REPOSITORY</c>.</summary>
    public string? Repository { get; private init; }

    /// <summary><c>GITHUB_SHA</c>.</summary>
    public string? Commit { get; private init; }

    /// <summary><c>GITHUB_EVENT_NAME</c>.</summary>
    public string? EventName { get; private init; }

    /// <summary><c>GITHUB_EVENT_PATH</c>.</summary>
    public string? EventPath { get; private init; }

    /// <summary><c>GITHUB_WORKSPACE</c>.</summary>
    public string? Workspace { get; private init; }

    /// <summary><c>GITHUB_STEP_SUMMARY</c>, a file to append Markdown to.</summary>
    public string? SummaryPath { get; private init; }

    /// <summary><c>GITHUB_OUTPUT</c>, a file to append the step's outputs to.</summary>
    public string? OutputPath { get; private init; }

    /// <summary>The page of the run, with its artifacts; null outside a workflow.</summary>
    public Uri? RunPage { get; private init; }

    /// <summary>Reads the variables.</summary>
    /// <param name="variable">The value of a variable, or null.</param>
    public static ActionsEnvironment Read(Func<string, string?> variable)
    {
        string? Of(string name) => variable(name) is { Length: > 0 } value ? value : null;
        return new ActionsEnvironment
        {
            IsActions = Of("GITHUB_ACTIONS") == "true",
            ApiAddress = Of("GITHUB_API_URL"),
            GraphQlAddress = Of("GITHUB_GRAPHQL_URL"),
            Repository = Of("GITHUB_REPOSITORY"),
            Commit = Of("GITHUB_SHA"),
            EventName = Of("GITHUB_EVENT_NAME"),
            EventPath = Of("GITHUB_EVENT_PATH"),
            Workspace = Of("GITHUB_WORKSPACE"),
            SummaryPath = Of("GITHUB_STEP_SUMMARY"),
            OutputPath = Of("GITHUB_OUTPUT"),
            RunPage = Page(Of("GITHUB_SERVER_URL"), Of("GITHUB_REPOSITORY"), Of("GITHUB_RUN_ID")),
        };
    }

    private static Uri? Page(string? server, string? repository, string? run) =>
        RepositoryName.TryParse(repository) is { } name && run?.All(char.IsAsciiDigit) == true && Uri.TryCreate(server, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" ? new Uri(address, $"{name}/actions/runs/{run}") : null;
}
