using System.Collections.Immutable;
using ModelGuard.Diagnostics;

namespace ModelGuard.Policies;

/// <summary>Collects all findings of one file.</summary>
internal sealed class PolicyDiagnostics(string path)
{
    /// <summary>Findings after which reading stops: a file of a megabyte can have one every fifth byte.</summary>
    public const int Most = 500;

    private readonly List<Diagnostic> found = [];

    public bool HasErrors => found.Exists(d => d.Severity == DiagnosticSeverity.Error);

    public void Error(string code, (int Line, int Column) place, string message) => Error(code, new SourceLocation(path, place.Line, place.Column), message);

    /// <exception cref="TooManyFindingsException">There are too many.</exception>
    public void Error(string code, SourceLocation place, string message)
    {
        found.Add(new Diagnostic(code, DiagnosticSeverity.Error, place, message));
        if (found.Count == Most) throw new TooManyFindingsException();
    }

    public void Error(string code, YamlNode node, string message) => Error(code, (node.Line, node.Column), message);

    public SourceLocation Locate(YamlNode node) => new(path, node.Line, node.Column);

    /// <summary>By place, the policy's own first; equal places in the order of finding.</summary>
    public ImmutableArray<Diagnostic> ToSorted() => [.. found.OrderBy(d => d.Location!.Path != path).ThenBy(d => d.Location!.Path, StringComparer.Ordinal).ThenBy(d => d.Location!.Line).ThenBy(d => d.Location!.Column)];
}
