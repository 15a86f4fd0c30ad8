namespace ModelGuard.Policies.Starter;

/// <summary>The paths of a first policy, as they are to stand in it: relative to its place, with slashes.</summary>
/// <param name="Base">The model.</param>
/// <param name="Output">Where the edited one goes.</param>
/// <param name="Scorer">The CLIP folder, or null for none so far.</param>
/// <param name="Schema">The schema.</param>
public sealed record StarterPlaces(string Base, string Output, string? Scorer, string Schema)
{
    /// <summary>A diffusers folder with what a single file lacks, or null.</summary>
    public string? Components { get; init; }

    /// <summary>The variant of the weights, or null.</summary>
    public string? Variant { get; init; }
}
