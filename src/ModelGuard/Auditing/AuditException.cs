using ModelGuard.Diagnostics;
using ModelGuard.Shared;

namespace ModelGuard.Auditing;

/// <summary>Measurements that cannot be judged together.</summary>
/// <param name="code">MG12xx.</param>
/// <param name="message">What is wrong, where, and the way out.</param>
/// <param name="location">The place in the policy that asks for it; null where none does.</param>
public sealed class AuditException(string code, string message, SourceLocation? location = null) : Exception(PrintableText.Of(message))
{
    /// <summary>MG12xx.</summary>
    public string Code { get; } = code;

    /// <summary>The place in the policy, or null.</summary>
    public SourceLocation? Location { get; } = location;
}
