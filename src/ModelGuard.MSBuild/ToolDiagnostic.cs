using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelGuard.MSBuild;

/// <summary>A line of the tool in canonical form: <c>file(line,col): error MGnnnn: sentence</c>, or <c>modelguard: error MGnnnn: sentence</c>.</summary>
internal sealed class ToolDiagnostic
{
    private static readonly Regex Pattern = new(
        @"^(?:(?<file>.+?)\((?<line>\d{1,9}),(?<column>\d{1,9})\)|modelguard): (?<severity>error|warning) (?<code>MG\d{4}): (?<message>.*)$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1));

    private ToolDiagnostic(Match match)
    {
        IsError = string.Equals(match.Groups["severity"].Value, "error", StringComparison.Ordinal);
        Code = match.Groups["code"].Value;
        Message = match.Groups["message"].Value;
        if (!match.Groups["file"].Success) return;
        File = match.Groups["file"].Value;
        Line = int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture);
        Column = int.Parse(match.Groups["column"].Value, CultureInfo.InvariantCulture);
    }

    public bool IsError { get; }

    public string Code { get; }

    public string Message { get; }

    public string? File { get; }

    public int Line { get; }

    public int Column { get; }

    /// <summary>The diagnostic, or null for any other line.</summary>
    public static ToolDiagnostic? Parse(string line)
    {
        var match = Pattern.Match(line);
        return match.Success ? new ToolDiagnostic(match) : null;
    }
}
