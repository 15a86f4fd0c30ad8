using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ModelGuard.Auditing;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Tracing;
using ModelGuard.Verdicts;

namespace ModelGuard.Cli.Workflows;

/// <summary>Checkpoint and policy → pictures, scores, verdicts, report.</summary>
internal sealed class AuditWorkflow(Policy policy, string modelPath, string device, string dtype, LinkRule links, Output output, TimeProvider clock)
{
    /// <summary>Where the pictures go; null for nowhere.</summary>
    public string? PicturesPath { get; init; }

    /// <summary>Runs the audit, says what it found, writes the report, and returns the exit code.</summary>
    /// <param name="reportPath">Where the report goes; null for nowhere.</param>
    /// <param name="cancellation">Stops between two steps of a generation.</param>
    public int Run(string? reportPath, CancellationToken cancellation)
    {
        var (verdict, summary, report) = Judge(reportPath, cancellation);
        if (output.Json) output.Standard.Write(Encoding.UTF8.GetString(report));
        output.Say(summary);
        return OverallVerdict.ExitCode(verdict);
    }

    /// <summary>The same, where somebody else says the summary and writes machine output.</summary>
    /// <inheritdoc cref="Run" />
    public (Verdict Verdict, string Summary, byte[] Report) Judge(string? reportPath, CancellationToken cancellation)
    {
        var started = clock.GetUtcNow();
        if (PicturesPath is not null) Paths.RequireApart(modelPath, PicturesPath);
        var (basePath, scorerPath) = (policy.Resolve(policy.Model.Base), policy.Resolve(policy.Scorer));
        var place = ComputeDevice.Parse(device);
        var type = ComputeType.Parse(dtype, place);
        using var scorer = ClipScorer.Load(scorerPath, place);
        var original = CheckpointOpening.Open(basePath, policy, output);
        using var baseline = StableDiffusionPipeline.Load(original, place, type);
        var checkpoint = CheckpointOpening.Open(modelPath, policy, output);
        var (modelDigest, baseDigest) = (Digests.RootDigest(modelPath, links, DigestCache.None, cancellation), Digests.RootDigest(basePath, links, DigestCache.None, cancellation));
        var isBase = modelDigest == baseDigest;
        using var edited = isBase ? null : StableDiffusionPipeline.Load(checkpoint, place, type);

        var scorerDigest = PictureScoring.DigestOf(scorerPath);
        ScoreStore StoreOf(StableDiffusionPipeline pipeline)
        {
            var (opened, digest) = ReferenceEquals(pipeline, baseline) ? (original, baseDigest) : (checkpoint, modelDigest);
            return PictureScoring.Store(opened, digest, scorerDigest, Audit.Settings(policy.Generation), Backend.Describe(device, dtype), clock);
        }

        var pictures = PicturesPath is null ? null : new PictureFolder(PicturesPath);
        var measured = Measure(new Audit(edited ?? baseline, baseline, scorer, policy) { Stores = StoreOf, Keep = pictures is null ? null : pictures.Add }, cancellation);
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var (outcomes, waiverDiagnostics) = Waivers.Apply(Gates.Judge(policy, measured), policy.Waivers, today);
        var verdict = OverallVerdict.Of(outcomes, policy.FailOn);
        var audit = new AuditReport(scorerDigest, policy.Generation, policy.FailOn, measured, outcomes, policy.Waivers, verdict) { Pictures = pictures?.Complete() };
        var report = CreateReport(audit, new ModelReference(Path.GetFileName(basePath), baseDigest), new ModelReference(Path.GetFileName(modelPath), modelDigest), started);
        var bytes = ReportJson.Write(report);
        if (reportPath is not null) AtomicFile.Write(reportPath, bytes);
        if (!output.Json) output.Table(GateTable.Create(outcomes));
        foreach (var diagnostic in waiverDiagnostics.Concat(outcomes.Select(Describe).OfType<Diagnostic>())) output.Report(diagnostic);
        return (verdict, Summary(outcomes, verdict), bytes);
    }

    private ImmutableArray<SubjectMeasurements> Measure(Audit audit, CancellationToken cancellation)
    {
        using var line = output.Progress("Auditing");
        return [.. audit.Run(new Forwarder(line), cancellation)];
    }

    private EditReport CreateReport(AuditReport audit, ModelReference original, ModelReference model, DateTimeOffset started) => new()
    {
        ToolVersion = EditWorkflow.ToolVersion,
        Policy = new PolicyReference(Path.GetFileName(policy.Path), policy.Digest),
        Base = original,
        Model = model,
        Environment = Backend.Describe(device, dtype),
        Audit = audit,
        Run = new RunFacts(started, clock.GetUtcNow() - started, null, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
    };

    /// <summary>A failed or undecided gate as a diagnostic at its concept's line; null for one that passed.</summary>
    private Diagnostic? Describe(GateOutcome outcome)
    {
        if (outcome.Verdict is Verdict.Pass or Verdict.Waived) return null;
        var counts = outcome.Severity >= policy.FailOn;
        var what = (outcome.Verdict, outcome.Gate.On) switch
        {
            (Verdict.Inconclusive, _) => "could not be judged",
            (_, GateScope.Removed) => "is still there",
            (_, GateScope.Updated) => "does not show its new look",
            _ => "was hurt",
        };
        return new Diagnostic(
            outcome.Verdict == Verdict.Fail ? "MG1201" : "MG1202",
            counts ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
            outcome.Location,
            $"'{outcome.DisplayName}' {what} (gate '{outcome.Gate.Id}'): {outcome.Explanation}");
    }

    /// <summary>The last line: how many gate results of each kind, and what they make together.</summary>
    internal static string Summary(ImmutableArray<GateOutcome> outcomes, Verdict verdict)
    {
        var counts = new[] { (Verdict.Pass, "passed"), (Verdict.Waived, "waived"), (Verdict.Inconclusive, "inconclusive"), (Verdict.Fail, "failed") }
            .Select(v => (Count: outcomes.Count(o => o.Verdict == v.Item1), Name: v.Item2)).Where(v => v.Count > 0)
            .Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Count} {v.Name}"));
        return string.Create(CultureInfo.InvariantCulture, $"{outcomes.Length} gate results: {string.Join(", ", counts)}. Verdict: {verdict.ToString().ToLowerInvariant()}.");
    }

    private sealed class Forwarder(ProgressLine line) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value) => line.Report(value.Done, value.Total, value.Subject);
    }
}
