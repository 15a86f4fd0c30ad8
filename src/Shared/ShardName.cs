using System.Globalization;

namespace ModelGuard.Shared;

/// <summary>What a shard of a file is called in a signature (OpenSSF model signing v1.0 §6.3.2): <c>path:start:end</c>.</summary>
/// <param name="Path">The file's path relative to the model, with forward slashes; it may hold colons itself.</param>
/// <param name="Start">Offset of the first byte.</param>
/// <param name="End">Offset behind the last byte.</param>
internal sealed record ShardName(string Path, long Start, long End)
{
    /// <summary>What the method is called (§6.3.2).</summary>
    public const string Method = "shards";

    /// <summary>The least bytes of a shard that a report may name: with fewer, whoever verifies it computes millions of digests.</summary>
    public const long SmallestSize = 1 << 20;

    /// <summary>The shards of a file, from first to last; an empty file has none.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="shardSize">Bytes of each shard but the last, which may be shorter.</param>
    public static IEnumerable<ShardName> Of(string path, long length, long shardSize)
    {
        for (long start = 0, size; start < length; start += size)
        {
            size = Math.Min(shardSize, length - start);
            yield return new ShardName(path, start, start + size);
        }
    }

    /// <summary>Reads a name; null for one of another form. Each shard has one name: leading zeros and signs are another form.</summary>
    public static ShardName? Parse(string name)
    {
        var second = name.LastIndexOf(':');
        var first = second > 0 ? name.LastIndexOf(':', second - 1) : -1;
        return first > 0 && Offset(name[(first + 1)..second]) is { } start && Offset(name[(second + 1)..]) is { } end ? new ShardName(name[..first], start, end) : null;
    }

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}:{Start}:{End}");

    private static long? Offset(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && (text.Length == 1 || text[0] != '0') ? value : null;
}
