namespace ModelGuard.Fuzzing.Targets;

/// <summary>All readers that are fuzzed.</summary>
internal static class AllTargets
{
    /// <summary>By name.</summary>
    public static IReadOnlyDictionary<string, FuzzTarget> ByName { get; } = new[] { CheckpointTargets.All, PolicyTargets.All, ReportTargets.All, EvidenceTargets.All, DeltaTargets.All, TokenizerTargets.All, ConfigTargets.All }
        .SelectMany(targets => targets)
        .ToDictionary(target => target.Name, StringComparer.Ordinal);
}
