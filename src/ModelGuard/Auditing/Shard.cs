using System.Globalization;

namespace ModelGuard.Auditing;

/// <summary>
/// One of several parts of an audit that run apart. A unit belongs to the shard that its digest names, wherever it stands in the policy: a new
/// concept moves no other from one shard, and its cache, to another.
/// </summary>
/// <param name="Index">Which, from 1.</param>
/// <param name="Count">Of how many.</param>
public sealed record Shard(int Index, int Count)
{
    /// <summary>The most parts.</summary>
    public const int Most = 1000;

    private const int DigestPart = 15;

    /// <summary>A shard from a text such as <c>2/4</c>; null for a text that names none.</summary>
    public static Shard? Parse(string text) =>
        text.Split('/') is [var index, var count]
        && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
        && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
        && new Shard(i, n) is { IsValid: true } shard ? shard : null;

    /// <summary>Whether there is such a part.</summary>
    internal bool IsValid => Index >= 1 && Index <= Count && Count <= Most;

    /// <summary>Whether a unit is computed in this part: exactly one of the parts holds it.</summary>
    public bool Holds(AuditUnit unit) => long.Parse(unit.Digest.AsSpan(0, DigestPart), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) % Count == Index - 1;

    /// <inheritdoc />
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
