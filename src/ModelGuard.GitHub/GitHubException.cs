using ModelGuard.Shared;

namespace ModelGuard.GitHub;

/// <summary>Something that GitHub, or the environment of a workflow run, does not allow (codes MG30xx). It says nothing about a model.</summary>
public sealed class GitHubException(string code, string message, Exception? inner = null) : Exception(PrintableText.Of(message), inner)
{
    /// <summary>The diagnostic code, for example <c>MG3003</c>.</summary>
    public string Code { get; } = code;

    /// <summary>Whether the request may have been carried out all the same: the connection broke, or a server behind GitHub's entrance failed.</summary>
    internal bool IsUndecided { get; init; }
}
