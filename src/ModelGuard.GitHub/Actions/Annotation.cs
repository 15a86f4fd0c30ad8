namespace ModelGuard.GitHub.Actions;

/// <summary>How GitHub shows an annotation.</summary>
public enum AnnotationLevel
{
    /// <summary>Grey.</summary>
    Notice,

    /// <summary>Yellow.</summary>
    Warning,

    /// <summary>Red.</summary>
    Error,
}

/// <summary>A remark beside a line of a file.</summary>
/// <param name="Level">How it is shown.</param>
/// <param name="Place">Where; null where the place is not in the repository.</param>
/// <param name="Title">A few words.</param>
/// <param name="Message">Full sentences; GitHub shows them as plain text.</param>
public sealed record Annotation(AnnotationLevel Level, AnnotationPlace? Place, string Title, string Message);

/// <summary>A place in the repository; lines and columns count from 1.</summary>
/// <param name="Path">Relative to the repository's root, with slashes.</param>
/// <param name="Line">The line.</param>
/// <param name="Column">The column.</param>
public sealed record AnnotationPlace(string Path, int Line, int Column);
