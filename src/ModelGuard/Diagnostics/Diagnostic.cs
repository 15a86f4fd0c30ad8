using ModelGuard.Shared;

namespace ModelGuard.Diagnostics;

/// <summary>How much a diagnostic matters.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Something a reader should know; changes no verdict.</summary>
    Warning,

    /// <summary>Something that must be put right.</summary>
    Error,
}

/// <summary>A place in a text file; lines and columns count from 1.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">The line.</param>
/// <param name="Column">The column.</param>
public sealed record SourceLocation(string Path, int Line, int Column);

/// <summary>A finding with a stable code, in MSBuild's canonical form: <c>file(line,col): error MGnnnn: sentence.</c></summary>
/// <param name="Code">The code; the documentation page lists all of them, and none is used twice.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Location">Where; null when it concerns no file.</param>
/// <param name="Message">One or more full sentences.</param>
public sealed record Diagnostic(string Code, DiagnosticSeverity Severity, SourceLocation? Location, string Message)
{
    /// <inheritdoc />
    public override string ToString()
    {
        var origin = Location is null ? "modelguard" : FormattableString.Invariant($"{OneLine(Location.Path)}({Location.Line},{Location.Column})");
        return $"{origin}: {(Severity == DiagnosticSeverity.Error ? "error" : "warning")} {Code}: {OneLine(Message)}";
    }

    // Neither a message nor a file's name must be able to start a line of its own, or to steer a terminal: build tools parse lines.
    private static string OneLine(string text) => PrintableText.Of(text.ReplaceLineEndings(" "));
}
