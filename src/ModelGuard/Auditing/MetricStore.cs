using System.Text.Json;
using ModelGuard.Caching;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Auditing;

/// <summary>Metrics that are measured on a concept as a whole, kept by all that they depend on: both models, the scorer, the concept's prompts and texts, the attacks' budget.</summary>
internal sealed class MetricStore(AuditModel edited, AuditModel baseline, AuditScorer scorer, GenerationSettings settings, ContentCache cache)
{
    /// <summary>What is known, or what is measured now.</summary>
    public MeasuredMetric Measure(string metric, Concept concept, Policy policy, Func<MeasuredMetric> measure)
    {
        var key = Key(metric, concept, policy);
        if (cache.TryGet(key) is { } bytes && Read(bytes) is { } known) return known;
        var measured = measure();
        cache.Put(key, JsonSerializer.SerializeToUtf8Bytes(measured, AuditJson.Default.MeasuredMetric));
        return measured;
    }

    private CacheKey Key(string metric, Concept concept, Policy policy) => CacheKey.Of(
    [
        ("kind", "audit-metric-1"),
        ("metric", metric),
        ("edited", edited.Context),
        ("base", baseline.Context),
        ("scorer", scorer.Context),
        ("settings", settings.ToString()),
        .. AuditSubjects.ToTrace(concept, policy).SelectMany(Fields),
        .. metric == AttackSuccess.Metric ? Fields(policy.Attack) : [],
    ]);

    private static IEnumerable<(string, string)> Fields(TraceSubject subject) =>
        [("prompt", subject.Prompt), ("subject", subject.Subject), ("donor", subject.Donor), ("contrast", subject.Contrast ?? ""), .. subject.Texts.Select(t => ("text", t))];

    private static IEnumerable<(string, string)> Fields(AttackSection attack) =>
        [("budget", FormattableString.Invariant($"{attack.Prompts} {attack.Seeds} {attack.Iterations} {attack.Candidates} {attack.Tokens}")), .. attack.Methods.Select(m => ("attack", m))];

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
