using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ModelGuard.Policies;

/// <summary>What a gate's metric asks of its scope and of its limit.</summary>
internal static class MetricRules
{
    private static readonly FrozenDictionary<string, (ImmutableArray<GateScope> Scopes, string What)> Scopes = new Dictionary<string, (ImmutableArray<GateScope> Scopes, string What)>(StringComparer.Ordinal)
    {
        ["preference"] = ([GateScope.Updated], "compares the new look of an updated concept with its old one"),
        ["causal-trace"] = ([GateScope.Removed], "looks for what could bring a removed concept back"),
        ["attack-success-rate"] = ([GateScope.Removed], "counts attacks that bring a removed concept back"),
        ["probe-recognition"] = ([GateScope.Removed], "asks in other ways for a removed concept"),
        ["fidelity"] = ([GateScope.Removed, GateScope.Updated], "looks for what else the prompts of a removed or updated concept name"),
        ["drift"] = ([GateScope.Preserved], "measures how far prompts with preserved names have moved"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Metrics that are differences from the base themselves.</summary>
    private static readonly FrozenSet<string> Differences = FrozenSet.ToFrozenSet(["drift", "image-change", "pixel-change"], StringComparer.Ordinal);

    /// <summary>Notes what does not fit; what could not be read has an error of its own.</summary>
    public static void Check(string? metric, GateScope? scope, IEnumerable<LimitKind> limits, YamlMapping gate, PolicyDiagnostics diagnostics)
    {
        if (metric is null) return;
        if (scope is { } on && Scopes.TryGetValue(metric, out var rule) && !rule.Scopes.Contains(on))
        {
            diagnostics.Error("MG0126", gate, $"The metric '{metric}' {rule.What}, so it needs {string.Join(" or ", rule.Scopes.Select(s => $"'on: {s.ToString().ToLowerInvariant()}'"))}.");
        }

        if (Differences.Contains(metric) && limits.Any(l => l is not (LimitKind.Max or LimitKind.Min)))
        {
            diagnostics.Error("MG0142", gate, $"The metric '{metric}' is a difference from the base itself, so it needs the limit max or min.");
        }
    }
}
