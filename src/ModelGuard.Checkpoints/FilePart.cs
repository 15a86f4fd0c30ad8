using System.Collections.Immutable;
using ModelGuard.Shared;

namespace ModelGuard.Checkpoints;

/// <summary>What of a file is digested by itself: all of it, or a shard.</summary>
/// <param name="Name">What a signature calls it.</param>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record FilePart(string Name, long Start, long Length)
{
    /// <summary>The parts of a file, from first to last.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="shardSize">Bytes of a shard; null for the file as a whole.</param>
    public static ImmutableArray<FilePart> Of(string name, long length, long? shardSize) => shardSize is { } size
        ? [.. ShardName.Of(name, length, size).Select(s => new FilePart(s.ToString(), s.Start, s.End - s.Start))]
        : [new FilePart(name, 0, length)];

    /// <summary>How many parts a file has.</summary>
    /// <inheritdoc cref="Of" />
    public static long Count(long length, long? shardSize) => shardSize is { } size ? (length / size) + (length % size == 0 ? 0 : 1) : 1;

    /// <summary>Whether a patch changes bytes of it.</summary>
    public bool IsChangedBy(FilePatch patch) => patch.Offset < Start + Length && Start < patch.Offset + patch.Bytes.Length;
}
