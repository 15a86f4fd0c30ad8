using ModelGuard.Auditing;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Editing;
using ModelGuard.Tracing;

namespace ModelGuard.Cli;

/// <summary>Failures that have a sentence for users. In a class of its own, so that commands without networks never load their assemblies.</summary>
internal static class KnownFailures
{
    /// <summary>Code, sentence and place in the policy where there is one, or null for a defect of ours, which should show its stack.</summary>
    public static (string Code, string Message, SourceLocation? Location)? Describe(Exception exception) => exception switch
    {
        BackendException e => (e.Code, e.Message, null),
        EditException e => (e.Code, e.Message, null),
        TraceException e => (e.Code, e.Message, null),
        AuditException e => (e.Code, e.Message, e.Location),
        UnauthorizedAccessException or IOException => ("MG0010", exception.Message, null),
        ArgumentOutOfRangeException e => ("MG0011", Sentence(e.Message), null),
        TypeInitializationException { InnerException: (DllNotFoundException or EntryPointNotFoundException) and var inner } => Describe(inner),
        // It was loaded and is another one than TorchSharp was made for: the loader looks for files, not for what is in them.
        DllNotFoundException or EntryPointNotFoundException when exception.Message.Contains("LibTorchSharp", StringComparison.Ordinal) => ("MG0002", $"TorchSharp's native library does not fit the tool: {exception.Message} Reinstall the tool, or name a folder with the right one in the environment variable MODELGUARD_LIBTORCH.", null),
        _ => null,
    };

    /// <summary>The message without the parameter's name, which .NET appends and which is a matter of the source.</summary>
    public static string Sentence(string message) => message.IndexOf(" (Parameter '", StringComparison.Ordinal) is var end and > 0 ? message[..end] : message;
}
