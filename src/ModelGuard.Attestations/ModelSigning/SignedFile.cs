using System.Collections.Immutable;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>A file that a model signature covers, or that lies in a model.</summary>
/// <param name="Name">Path relative to the model, with forward slashes.</param>
/// <param name="Resources">The file as a whole, or its shards.</param>
public sealed record SignedFile(string Name, ImmutableArray<SignedResource> Resources)
{
    /// <summary>Its bytes, as far as the resources' names say; null for a file as a whole.</summary>
    public long? Length { get; init; }
}
