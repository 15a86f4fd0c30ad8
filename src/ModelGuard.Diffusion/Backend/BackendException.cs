namespace ModelGuard.Diffusion.Backend;

/// <summary>The machine cannot compute what was asked: a missing library, a missing device, or arithmetic that is wrong (codes MG00xx).</summary>
public sealed class BackendException(string code, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The diagnostic code, for example <c>MG0003</c>.</summary>
    public string Code { get; } = code;
}
