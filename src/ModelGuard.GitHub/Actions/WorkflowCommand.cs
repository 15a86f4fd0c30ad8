using System.Globalization;
using System.Text;

namespace ModelGuard.GitHub.Actions;

/// <summary>Lines on a step's output that the runner takes as commands ("Workflow commands for GitHub Actions").</summary>
public static class WorkflowCommand
{
    /// <summary>An annotation: <c>::error file=…,line=…,col=…,title=…::message</c>.</summary>
    public static string Of(Annotation annotation)
    {
        var text = new StringBuilder("::").Append(annotation.Level switch
        {
            AnnotationLevel.Error => "error",
            AnnotationLevel.Warning => "warning",
            _ => "notice",
        }).Append(' ');
        if (annotation.Place is { } place) text.Append(CultureInfo.InvariantCulture, $"file={Property(place.Path)},line={place.Line},col={place.Column},");
        return text.Append(CultureInfo.InvariantCulture, $"title={Property(annotation.Title)}::{Data(annotation.Message)}").ToString();
    }

    // As the runner unescapes them: https://github.com/actions/toolkit, packages/core/src/command.ts.
    private static string Data(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
