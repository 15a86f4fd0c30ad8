using System.Globalization;
using Octokit;

namespace ModelGuard.GitHub.Api;

/// <summary>GitHub's refusals, and failures on the way to it, as sentences with a way out.</summary>
internal static class ApiFailures
{
    /// <summary>The sentence.</summary>
    /// <param name="failure">What Octokit or the network threw.</param>
    /// <param name="what">What was asked for, after "may not".</param>
    /// <param name="token">Taken out of whatever a server said.</param>
    /// <param name="now">The time, which a server's date is compared with.</param>
    /// <returns>The exception to throw, or null for a defect of ours.</returns>
    public static GitHubException? Describe(Exception failure, string what, AccessToken token, DateTimeOffset now)
    {
        return failure switch
        {
            ApiException { HttpResponse: { } response } when RetryRule.IsRateLimit(response) => new GitHubException("MG3004", $"GitHub takes no more requests of this token for now{Until(response, now)}. Run the job again later, or allow a longer wait with --max-wait.", failure),
            AuthorizationException => new GitHubException("MG3003", $"GitHub does not accept the token: {Said()} Set GITHUB_TOKEN to a token that is valid at this address.", failure),
            ForbiddenException => new GitHubException("MG3003", $"The token may not {what}: {Said()} Give the job the permission; a run that a fork or Dependabot started has a read-only token, whatever the workflow says.", failure),
            NotFoundException => new GitHubException("MG3005", $"GitHub knows no such thing, or does not show it to this token, which was to {what}. Check repository and pull request, and the token's permissions.", failure),
            ApiValidationException validation => new GitHubException("MG3006", $"GitHub did not take what was sent to {what}: {Said()}{Fields(validation)}", failure),
            ApiException { StatusCode: var status } => new GitHubException("MG3007", string.Create(CultureInfo.InvariantCulture, $"GitHub answered with status {(int)status} when asked to {what}. Run the job again later."), failure) { IsUndecided = (int)status >= 500 },
            HttpRequestException or IOException => new GitHubException("MG3007", $"GitHub was not reached to {what}: {Said()} Check GITHUB_API_URL and the network.", failure) { IsUndecided = true },
            OperationCanceledException => new GitHubException("MG3007", $"GitHub did not answer in time when asked to {what}. Run the job again later.", failure) { IsUndecided = true },
            _ => null,
        };

        string Said() => Sentence(token.Redact(failure.Message));
        string Fields(ApiValidationException e) => string.Concat((e.ApiError.Errors ?? []).Take(3).Select(d => " " + Sentence(token.Redact($"{d.Resource} {d.Field} {d.Code} {d.Message}".Trim()))));
    }

    private static string Until(IResponse response, DateTimeOffset now) => RetryRule.ServersWait(response, now) is { } wait ? string.Create(CultureInfo.InvariantCulture, $", and asks to wait {Math.Ceiling(wait.TotalSeconds)} s") : "";

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
