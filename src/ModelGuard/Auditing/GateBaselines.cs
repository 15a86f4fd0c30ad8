using System.Collections.Immutable;
using ModelGuard.Policies;
using ModelGuard.Verdicts;

namespace ModelGuard.Auditing;

/// <summary>The baselines that gates of a policy name, each fit for this audit.</summary>
public sealed class GateBaselines
{
    private readonly ImmutableDictionary<string, (BaselineReference Reference, BaselineFile File)> files;

    private GateBaselines(ImmutableDictionary<string, (BaselineReference Reference, BaselineFile File)> files) => this.files = files;

    /// <summary>For a policy whose gates name none.</summary>
    public static GateBaselines None { get; } = new(ImmutableDictionary.Create<string, (BaselineReference Reference, BaselineFile File)>(StringComparer.Ordinal));

    /// <summary>Reads the baselines, and refuses those that were measured otherwise than this audit measures.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="scorerDigest">SHA-256 of this audit's scorer.</param>
    /// <param name="toolVersion">Version of this tool.</param>
    /// <param name="read">The bytes of a baseline by its path in the policy; null when there is no such file.</param>
    /// <exception cref="AuditException">MG1208 for what is no baseline, MG1209 for one that does not fit; both at their place in the policy.</exception>
    public static GateBaselines Load(Policy policy, string scorerDigest, string toolVersion, Func<string, byte[]?> read)
    {
        var loaded = None.files;
        var subjects = AuditSubjects.Of(policy);
        foreach (var (gate, named) in policy.Gates.Where(g => g.Baseline is not null).Select(g => (g, g.Baseline!)))
        {
            if (!loaded.TryGetValue(named.Path, out var known))
            {
                if (read(named.Path) is not { } bytes) throw new AuditException("MG1208", $"The baseline '{named.Path}' of gate '{gate.Id}' does not exist. 'audit --write-baseline FILE' makes one from a model that you accept.", named.Location);
                var file = BaselineFile.Read(bytes) ?? throw new AuditException("MG1208", $"The baseline '{named.Path}' of gate '{gate.Id}' is none of version {BaselineFile.Version}. Name a file that 'audit --write-baseline' wrote.", named.Location);
                loaded = loaded.Add(named.Path, known = (new BaselineReference(Path.GetFileName(named.Path), BaselineFile.DigestOf(bytes)), file));
            }

            if (Mismatch(known.File, gate) is { } difference) throw new AuditException("MG1209", $"The baseline '{named.Path}' of gate '{gate.Id}' cannot be compared with: {difference}. Make it again with 'audit --write-baseline' from the model that it stands for.", named.Location);
        }

        return new GateBaselines(loaded);

        string? Mismatch(BaselineFile file, Gate gate)
        {
            if (file.ScorerDigest != scorerDigest) return $"it was made with the scorer {file.ScorerDigest}, and this audit uses {scorerDigest}";
            if (Major(file.ToolVersion) != Major(toolVersion)) return $"it was made by version {file.ToolVersion} of the tool, and this is {toolVersion}";
            if (file.Generation != policy.Generation) return $"its pictures were made with {Describe(file.Generation)}, and this audit makes them with {Describe(policy.Generation)}";
            return subjects.Where(s => s.Scope == gate.On).Select(s => Difference(file, gate, s)).FirstOrDefault(d => d is not null);
        }
    }

    /// <summary>What a gate compares: the measurement, with the baseline's values in the place of the base's where the gate names one.</summary>
    public (Measurement Measurement, BaselineReference? Baseline) For(Gate gate, AuditSubject subject, Measurement measurement)
    {
        if (gate.Baseline is not { } named) return (measurement, null);
        var (reference, file) = files[named.Path];
        var values = Values(file, gate, subject) ?? [];
        // A sample that was stopped early is compared with as much of the baseline; both have one order.
        return (measurement with { Baseline = measurement.Ends.IsEmpty ? values : values[..Math.Min(values.Length, measurement.Count)] }, reference);
    }

    private static string? Difference(BaselineFile file, Gate gate, AuditSubject subject)
    {
        var concept = file.Concepts.FirstOrDefault(c => c.IsAbout(subject));
        if (concept is null) return $"it has nothing about '{subject.Id}'";
        if (!concept.Prompts.SequenceEqual(subject.Prompts, StringComparer.Ordinal)) return $"the prompts of '{subject.Id}' were others";
        if (!concept.Texts.SequenceEqual(subject.Texts, StringComparer.Ordinal)) return $"the pictures of '{subject.Id}' were compared with other texts";
        var expected = subject.Prompts.Length * file.Generation.Seeds;
        return Values(file, gate, subject) is { } values && values.Length != expected ? FormattableString.Invariant($"it holds {values.Length} values of {gate.Metric} for '{subject.Id}' instead of {expected}") : null;
    }

    private static ImmutableArray<double>? Values(BaselineFile file, Gate gate, AuditSubject subject) =>
        file.Concepts.First(c => c.IsAbout(subject)).Metrics.FirstOrDefault(m => m.Metric == gate.Metric)?.Values;

    private static string Describe(GenerationSection g) => FormattableString.Invariant($"{g.Scheduler}, {g.Steps} steps, a guidance scale of {g.GuidanceScale} and {g.Seeds} seeds{(g.Looks is { } looks ? FormattableString.Invariant($" in {looks} looks") : "")}");

    private static string Major(string version) => version.Split('.', '-', '+')[0];
}
