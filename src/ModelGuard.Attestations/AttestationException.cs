using ModelGuard.Shared;

namespace ModelGuard.Attestations;

/// <summary>Evidence that does not hold, or that could not be made or looked at (codes MG20xx).</summary>
public sealed class AttestationException(string code, string message, Exception? inner = null) : Exception(PrintableText.Of(message), inner)
{
    /// <summary>The diagnostic code, for example <c>MG2003</c>.</summary>
    public string Code { get; } = code;

    /// <summary>
    /// Whether evidence was looked at and does not hold. False where it could not be looked at: a key that cannot be read, no trusted key, an
    /// output that is there already.
    /// </summary>
    public bool DoesNotHold { get; init; }

    /// <summary>Evidence that does not hold.</summary>
    public static AttestationException Refuse(string code, string message, Exception? inner = null) => new(code, message, inner) { DoesNotHold = true };
}
