using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using ModelGuard.Auditing;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diagnostics;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Verdicts;

namespace ModelGuard.Cli.Workflows;

/// <summary>What came of an audit.</summary>
/// <param name="Verdict">The run's verdict.</param>
/// <param name="Summary">The last line.</param>
/// <param name="Report">The report's bytes.</param>
internal sealed record JudgedAudit(Verdict Verdict, string Summary, byte[] Report)
{
    /// <summary>The pictures; null where they were not this run's.</summary>
    public PictureCount? Pictures { get; init; }
}

/// <summary>How many pictures an audit is about.</summary>
/// <param name="Drawn">Those that this run drew.</param>
/// <param name="Wanted">All of them; the others an earlier run has measured.</param>
internal sealed record PictureCount(int Drawn, int Wanted)
{
    /// <summary>A sentence for those that were known; null where all were drawn.</summary>
    public string? Line => Drawn == Wanted ? null : string.Create(CultureInfo.InvariantCulture, $"{Drawn} of {Wanted} picture(s) drawn; the others were known.");
}

/// <summary>Measurements → verdicts, table, report; the same for an audit in one run and for one that was put together from shards.</summary>
internal sealed class AuditConclusion(Policy policy, AuditOrigin origin, Output output, TimeProvider clock)
{
    /// <summary>Where a baseline of what was measured goes; null for nowhere.</summary>
    public string? BaselinePath { get; init; }

    /// <summary>A folder for prompts that attacks found; null for nowhere.</summary>
    public string? ProbesPath { get; init; }

    /// <summary>Refuses baselines that do not fit, before anything is drawn. The one that is about to be written is judged by what is measured now.</summary>
    /// <exception cref="AuditException">MG1208 or MG1209.</exception>
    public GateBaselines RequireBaselines() => LoadBaselines(policy with { Gates = [.. policy.Gates.Where(g => g.Baseline is { } named && policy.Resolve(named.Path) != BaselinePath)] });

    /// <summary>Judges, shows gates and findings, and writes the report.</summary>
    /// <param name="measured">What was measured.</param>
    /// <param name="pictures">The pictures that were kept; null for none.</param>
    /// <param name="reportPath">Where the report goes; null for nowhere.</param>
    /// <param name="started">When the run began.</param>
    public JudgedAudit Judge(ImmutableArray<SubjectMeasurements> measured, PictureIndexReference? pictures, string? reportPath, DateTimeOffset started)
    {
        if (BaselinePath is not null) AtomicFile.Write(BaselinePath, BaselineFile.Create(origin.ToolVersion, origin.ScorerDigest, origin.Model.Digest, policy.Generation, measured).Write());
        if (ProbesPath is not null) WriteProbes(ProbesPath, measured);
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var baselines = LoadBaselines(policy);
        measured = Looks.Settle(policy, measured, baselines);
        var (outcomes, waiverDiagnostics) = Waivers.Apply(Gates.Judge(policy, measured, baselines), policy.Waivers, today);
        var verdict = OverallVerdict.Of(outcomes, policy.FailOn);
        var bytes = ReportJson.Write(CreateReport(new AuditReport(origin.ScorerDigest, policy.Generation, policy.FailOn, measured, outcomes, policy.Waivers, verdict) { Pictures = pictures, Attack = policy.Gates.Any(g => g.Metric == "attack-success-rate") ? policy.Attack : null }, started));
        if (reportPath is not null) AtomicFile.Write(reportPath, bytes);
        if (!output.Json) output.Table(GateTable.Create(outcomes));
        foreach (var diagnostic in waiverDiagnostics.Concat(outcomes.Select(Describe).OfType<Diagnostic>())) output.Report(diagnostic);
        return new JudgedAudit(verdict, Summary(outcomes, verdict), bytes);
    }

    /// <summary>The last line: how many gate results of each kind, and what they make together.</summary>
    internal static string Summary(ImmutableArray<GateOutcome> outcomes, Verdict verdict)
    {
        var counts = new[] { (Verdict.Pass, "passed"), (Verdict.Waived, "waived"), (Verdict.Inconclusive, "inconclusive"), (Verdict.Fail, "failed") }
            .Select(v => (Count: outcomes.Count(o => o.Verdict == v.Item1), Name: v.Item2)).Where(v => v.Count > 0)
            .Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Count} {v.Name}"));
        return string.Create(CultureInfo.InvariantCulture, $"{outcomes.Length} gate results: {string.Join(", ", counts)}. Verdict: {verdict.ToString().ToLowerInvariant()}.");
    }

    private void WriteProbes(string folder, IEnumerable<SubjectMeasurements> measured)
    {
        var files = FoundPrompts.Files(measured);
        if (!files.IsEmpty) Directory.CreateDirectory(folder);
        foreach (var (name, content) in files) AtomicFile.Write(Path.Combine(folder, name), content);
        output.Say(string.Create(CultureInfo.InvariantCulture, $"Prompts that attacks found: {files.Length} file(s) in '{folder}'."));
    }

    private GateBaselines LoadBaselines(Policy named) => GateBaselines.Load(named, origin.ScorerDigest, origin.ToolVersion, path => File.Exists(policy.Resolve(path)) ? File.ReadAllBytes(policy.Resolve(path)) : null);

    private EditReport CreateReport(AuditReport audit, DateTimeOffset started) => new()
    {
        ToolVersion = origin.ToolVersion,
        Policy = origin.Policy,
        Base = origin.Base,
        Model = origin.Model,
        Environment = origin.Environment,
        Audit = audit,
        Run = new RunFacts(started, clock.GetUtcNow() - started, null, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
    };

    /// <summary>A failed or undecided gate as a diagnostic at its concept's line; null for one that passed.</summary>
    private Diagnostic? Describe(GateOutcome outcome)
    {
        if (outcome.Verdict is Verdict.Pass or Verdict.Waived) return null;
        var counts = outcome.Severity >= policy.FailOn;
        var what = (outcome.Verdict, outcome.Gate) switch
        {
            (Verdict.Inconclusive, _) => "could not be judged",
            (_, { Metric: "fidelity" }) => "took with it what else its prompts name",
            (_, { Metric: "image-change" or "pixel-change", Limit: LimitKind.Max }) => "changed too much",
            (_, { Metric: "image-change" or "pixel-change" }) => "changed too little",
            (_, { On: GateScope.Removed }) => "is still there",
            (_, { On: GateScope.Updated }) => "does not show its new look",
            _ => "was hurt",
        };
        return new Diagnostic(
            outcome.Verdict == Verdict.Fail ? "MG1201" : "MG1202",
            counts ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
            outcome.Location,
            $"'{outcome.DisplayName}' {what} (gate '{outcome.Gate.Id}'): {outcome.Explanation}");
    }
}
