using System.Collections.Immutable;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>What a model signature lists: a file, or a shard of one.</summary>
/// <param name="Name">Path relative to the model, with forward slashes; of a shard <c>path:start:end</c>, with the offsets of its first byte and behind its last.</param>
/// <param name="Sha256">Its digest.</param>
public sealed record SignedResource(string Name, ImmutableArray<byte> Sha256);
