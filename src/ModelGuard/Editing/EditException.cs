using ModelGuard.Shared;

namespace ModelGuard.Editing;

/// <summary>An edit that cannot be made as the policy asks (codes MG10xx).</summary>
public sealed class EditException(string code, string message, Exception? inner = null) : Exception(PrintableText.Of(message), inner)
{
    /// <summary>The diagnostic code, for example <c>MG1002</c>.</summary>
    public string Code { get; } = code;
}
