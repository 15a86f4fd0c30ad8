namespace ModelGuard.Checkpoints;

/// <summary>What a path alone does not say about a checkpoint.</summary>
public sealed record CheckpointOptions
{
    /// <summary>No choice.</summary>
    public static CheckpointOptions Default { get; } = new();

    /// <summary>
    /// Which variant of the weights is read where a component has several, for example <c>fp16</c>. A component without that variant gives
    /// its default weights, as in diffusers. Null: the default weights, or the only variant.
    /// </summary>
    public string? Variant { get; init; }

    /// <summary>A diffusers folder that gives a single file what it lacks: configs, scheduler and tokenizers. It need not hold weights.</summary>
    public string? Companion { get; init; }
}
