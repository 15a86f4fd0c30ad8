using ModelGuard.Shared;

namespace ModelGuard.Cards;

/// <summary>A model card that cannot be read as one (code MG1501).</summary>
public sealed class CardException(string message, Exception? inner = null) : Exception(PrintableText.Of(message), inner)
{
    /// <summary>The diagnostic code.</summary>
    public string Code { get; } = "MG1501";
}
