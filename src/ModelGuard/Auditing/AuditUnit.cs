using System.Collections.Immutable;
using System.Globalization;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Pipeline;

namespace ModelGuard.Auditing;

/// <summary>The smallest part of an audit that is computed, kept and given to a shard as a whole: a batch of pictures of one concept, or a metric that draws its own.</summary>
/// <param name="Subject">The concept.</param>
/// <param name="Metric">The metric that is measured on the concept as a whole; null for a batch of pictures.</param>
/// <param name="Items">The prompts and seeds of a batch; empty for such a metric.</param>
/// <param name="IsFull">Whether it is a full attack, and not a quick one.</param>
public sealed record AuditUnit(AuditSubject Subject, string? Metric, ImmutableArray<GenerationItem> Items, bool IsFull = false)
{
    /// <summary>SHA-256 of concept, prompts and seeds, in lower-case hex: the same wherever the unit stands in a policy.</summary>
    public string Digest { get; } = CacheKey.Of(
    [
        ("kind", "audit-unit-1"),
        ("scope", Subject.Scope.ToString()),
        ("concept", Subject.Id),
        ("metric", IsFull ? $"{Metric}, full" : Metric ?? ""),
        .. Items.SelectMany(i => new[] { ("prompt", i.Prompt), ("seed", i.Seed.ToString(CultureInfo.InvariantCulture)) }),
    ]).Digest;
}
