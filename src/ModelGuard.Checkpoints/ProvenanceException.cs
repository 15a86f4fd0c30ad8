using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>A digest that does not hold: something is not what another thing says that it is (exit code 3 of the contract).</summary>
public sealed class ProvenanceException(string code, string message) : Exception(PrintableText.Of(message))
{
    /// <summary>The diagnostic code, for example <c>MG1043</c>.</summary>
    public string Code { get; } = code;
}
