using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>A checkpoint that is not what it claims to be, or that is not supported (codes MG02xx), or a delta of one (MG104x).</summary>
public sealed class CheckpointException(string code, string message, string? path = null, Exception? inner = null) : Exception(PrintableText.Of(message), inner)
{
    /// <summary>The diagnostic code, for example <c>MG0201</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The file or folder, where there is one.</summary>
    public string? Path { get; } = path;
}
