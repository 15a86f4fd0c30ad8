using System.Text.Json;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;

namespace ModelGuard.Auditing;

/// <summary>Metrics that are measured on a concept as a whole, kept by all that they depend on: both models, the scorer, what the metric reads of the policy.</summary>
internal sealed class MetricStore(AuditModel edited, AuditModel baseline, AuditScorer scorer, GenerationSettings settings, ContentCache cache)
{
    /// <summary>What is known, or what is measured now.</summary>
    public MeasuredMetric Measure(string metric, AuditSubject subject, Policy policy, Func<MeasuredMetric> measure)
    {
        var key = Key(metric, subject, policy);
        if (cache.TryGet(key) is { } bytes && Read(bytes) is { } known) return known;
        var measured = measure();
        cache.Put(key, JsonSerializer.SerializeToUtf8Bytes(measured, AuditJson.Default.MeasuredMetric));
        return measured;
    }

    private CacheKey Key(string metric, AuditSubject subject, Policy policy) => CacheKey.Of(
    [
        ("kind", "audit-metric-3"),
        ("metric", metric),
        ("edited", edited.Context),
        ("base", baseline.Context),
        ("scorer", scorer.Context),
        ("settings", settings.ToString()),
        .. WholeMetrics.Fields(metric, subject, policy),
    ]);

    private static MeasuredMetric? Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, AuditJson.Default.MeasuredMetric);
        }
        catch (JsonException)
        {
            // Another version's form: measured again.
            return null;
        }
    }
}
