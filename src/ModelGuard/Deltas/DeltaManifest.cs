using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>How a delta holds the change of one tensor.</summary>
public enum DeltaEncoding
{
    /// <summary>The exclusive or of the bytes before and after: as long as the tensor.</summary>
    Xor,

    /// <summary>Two factors and the elements at which rounding them gives something else than the tensor.</summary>
    LowRank,
}

/// <summary>One changed tensor.</summary>
/// <param name="Component">The component, for example <c>text_encoder</c>.</param>
/// <param name="Name">The tensor's key in the reference's state dict.</param>
/// <param name="DataType">Its stored type.</param>
/// <param name="Shape">Its shape as it is stored.</param>
/// <param name="Encoding">How the delta holds its change.</param>
/// <param name="DigestBefore">SHA-256 of its bytes in the base, as <c>sha256:…</c>.</param>
/// <param name="DigestAfter">SHA-256 of its bytes in the edited checkpoint.</param>
public sealed record DeltaTensor(string Component, string Name, TensorDataType DataType, ImmutableArray<long> Shape, DeltaEncoding Encoding, string DigestBefore, string DigestAfter)
{
    /// <summary>What the delta's own tensors for it begin with.</summary>
    public string Key => $"{Component}/{Name}";
}

/// <summary>What a delta says about itself. Digests are <c>sha256:</c> and lower-case hex.</summary>
public sealed record DeltaManifest
{
    /// <summary>Version of the form.</summary>
    public const int Version = 1;

    /// <summary>Version of the tool that made the edit.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>SHA-256 of the policy file.</summary>
    public required string PolicyDigest { get; init; }

    /// <summary>Root digest of the base.</summary>
    public required string BaseDigest { get; init; }

    /// <summary>Root digest of the base's files without those that the edit leaves out: all that can come back.</summary>
    public required string KeptDigest { get; init; }

    /// <summary>Root digest of the edited checkpoint.</summary>
    public required string EditedDigest { get; init; }

    /// <summary>Bytes of the shards that the root digests are over; null where they are over whole files.</summary>
    public long? ShardSize { get; init; }

    /// <summary>The variant of the weights that was edited; null for the default.</summary>
    public string? Variant { get; init; }

    /// <summary>Files of the base that the edited checkpoint leaves out.</summary>
    public ImmutableArray<string> LeftOut { get; init; } = [];

    /// <summary>The changed tensors, in the order of the edit.</summary>
    public required ImmutableArray<DeltaTensor> Tensors { get; init; }
}
