using ModelGuard.Shared;

namespace ModelGuard.Rendering;

/// <summary>A report, or something that belongs to one, that cannot be rendered (codes MG14xx).</summary>
public sealed class ReportException(string code, string message, Exception? inner = null) : Exception(PrintableText.Of(message), inner)
{
    /// <summary>The diagnostic code, for example <c>MG1401</c>.</summary>
    public string Code { get; } = code;
}
