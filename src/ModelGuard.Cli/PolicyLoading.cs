using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;

namespace ModelGuard.Cli;

/// <summary>A policy with errors.</summary>
internal sealed class PolicyInvalidException(ImmutableArray<Diagnostic> diagnostics) : Exception("The policy is invalid.")
{
    public ImmutableArray<Diagnostic> Diagnostics { get; } = diagnostics;

    /// <summary>There is no policy to be wrong: the command could not run.</summary>
    public bool IsMissing => Diagnostics is [{ Code: "MG0100" }];
}

/// <summary>Reads policies for commands.</summary>
internal static class PolicyLoading
{
    /// <summary>The policy; its warnings are reported.</summary>
    /// <param name="path">The policy.</param>
    /// <param name="output">Takes the warnings.</param>
    /// <param name="links">Whether prompt files may lie outside of its folder.</param>
    /// <exception cref="PolicyInvalidException">It has errors.</exception>
    public static Policy Load(string path, Output output, LinkRule links = LinkRule.FollowInside)
    {
        var result = PolicyReader.Read(path, allowOutside: links == LinkRule.Follow);
        if (result.Policy is null) throw new PolicyInvalidException(result.Diagnostics);
        Report(result.Diagnostics, output);
        return result.Policy;
    }

    /// <summary>Reports warnings about a policy.</summary>
    /// <exception cref="PolicyInvalidException">There are errors among them; it brings them all.</exception>
    public static void Report(ImmutableArray<Diagnostic> diagnostics, Output output)
    {
        if (diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error)) throw new PolicyInvalidException(diagnostics);
        foreach (var diagnostic in diagnostics) output.Report(diagnostic);
    }
}
