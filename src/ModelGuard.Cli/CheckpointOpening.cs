using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Policies;

namespace ModelGuard.Cli;

/// <summary>Opens checkpoints for commands, and says what was assumed about them.</summary>
internal static class CheckpointOpening
{
    /// <summary>A checkpoint of a policy: the base, or an edited one that stands in the same form.</summary>
    public static Checkpoint Open(string path, Policy policy, Output output) =>
        Open(path, OptionsOf(policy), output);

    /// <summary>How a policy's checkpoint is opened.</summary>
    public static CheckpointOptions OptionsOf(Policy policy) => new() { Companion = policy.Model.Components is { } components ? policy.Resolve(components) : null, Variant = policy.Model.Variant };

    /// <summary>A checkpoint.</summary>
    public static Checkpoint Open(string path, CheckpointOptions options, Output output)
    {
        var checkpoint = Checkpoint.Open(path, options);
        foreach (var note in checkpoint.Notes) output.Say(note);
        return checkpoint;
    }
}
