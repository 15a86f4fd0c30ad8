using ModelGuard.Shared;

namespace ModelGuard.Tracing;

/// <summary>A trace that cannot be made.</summary>
/// <param name="code">MG11xx.</param>
/// <param name="message">What is wrong, where, and the way out.</param>
public sealed class TraceException(string code, string message) : Exception(PrintableText.Of(message))
{
    /// <summary>MG11xx.</summary>
    public string Code { get; } = code;
}
