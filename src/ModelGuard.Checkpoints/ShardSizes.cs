using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>How many bytes a shard has that is digested by itself (OpenSSF model signing v1.0 §6.3.2).</summary>
public static class ShardSizes
{
    /// <summary>What the specification has signers choose.</summary>
    public const long OfSpecification = 1_000_000_000;

    /// <summary>
    /// What an edit chooses: an edited matrix touches one shard or two, which take a core some hundredths of a second, and a checkpoint of
    /// 7 GB has a hundred of them, 20 KB in a signature.
    /// </summary>
    public const long OfEdits = 64 << 20;

    /// <summary>The least that is written, and read from a report.</summary>
    public const long Smallest = ShardName.SmallestSize;
}
