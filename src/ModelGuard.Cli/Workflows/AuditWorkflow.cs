using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using ModelGuard.Auditing;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Terminal;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Verdicts;

namespace ModelGuard.Cli.Workflows;

/// <summary>Checkpoint and policy → pictures, scores, verdicts, report.</summary>
internal sealed class AuditWorkflow(Policy policy, string modelPath, string device, string dtype, LinkRule links, Output output, TimeProvider clock)
{
    /// <summary>Keeps what takes long between runs; the user's own when not set.</summary>
    public ContentCache Cache { get; init; } = ContentCache.OfUser(clock);

    /// <summary>Where the pictures go; null for nowhere.</summary>
    public string? PicturesPath { get; init; }

    /// <summary>The part that is computed, and not judged; null for a whole audit.</summary>
    public Shard? Shard { get; init; }

    /// <summary>Where a baseline of what was measured goes; null for nowhere.</summary>
    public string? BaselinePath { get; init; }

    /// <summary>A folder for prompts that attacks found; null for nowhere.</summary>
    public string? ProbesPath { get; init; }

    /// <summary>Runs the audit or its part, says what it found, writes the report, and returns the exit code.</summary>
    /// <param name="reportPath">Where the report goes; null for nowhere.</param>
    /// <param name="cancellation">Stops between two steps of a generation.</param>
    public int Run(string? reportPath, CancellationToken cancellation)
    {
        if (Shard is not null) return Run(Shard, reportPath, cancellation);
        var judged = Judge(reportPath, cancellation);
        if (output.Json) output.Standard.Write(Encoding.UTF8.GetString(judged.Report));
        if (judged.Pictures?.Line is { } line) output.Say(line);
        output.Say(judged.Summary);
        return OverallVerdict.ExitCode(judged.Verdict);
    }

    /// <summary>The same for a whole audit, where somebody else says the summary and writes machine output.</summary>
    /// <inheritdoc cref="Run(string?, CancellationToken)" />
    public JudgedAudit Judge(string? reportPath, CancellationToken cancellation)
    {
        var started = clock.GetUtcNow();
        if (PicturesPath is not null) Paths.RequireApart(modelPath, PicturesPath);
        using var setup = Open(cancellation);
        var plan = AuditPlan.Of(policy, setup.Origin.PicturesPerBatch);
        var conclusion = new AuditConclusion(policy, setup.Origin, output, clock) { BaselinePath = BaselinePath, ProbesPath = ProbesPath };
        var baselines = conclusion.RequireBaselines();
        var pictures = PicturesPath is null ? null : new PictureFolder(PicturesPath);
        // A baseline is compared with picture by picture, so it holds all of them.
        var stop = BaselinePath is null ? new EarlyStop(policy, plan, baselines) : null;
        var (results, count) = Measure(setup, plan.Units, pictures, stop, cancellation);
        return conclusion.Judge(plan.Assemble(results), pictures?.Complete(), reportPath, started) with { Pictures = count };
    }

    private int Run(Shard shard, string? reportPath, CancellationToken cancellation)
    {
        var started = clock.GetUtcNow();
        using var setup = Open(cancellation);
        var plan = AuditPlan.Of(policy, setup.Origin.PicturesPerBatch);
        ImmutableArray<AuditUnit> units = [.. plan.Units.Where(shard.Holds)];
        var (results, count) = Measure(setup, units, null, null, cancellation);
        if (count.Line is { } line) output.Say(line);
        var bytes = ShardReport.Create(setup.Origin, shard, results, new ReportRun(started, Math.Round((clock.GetUtcNow() - started).TotalMilliseconds))).Write();
        if (reportPath is not null) AtomicFile.Write(reportPath, bytes);
        if (output.Json) output.Standard.Write(Encoding.UTF8.GetString(bytes));
        output.Say(string.Create(CultureInfo.InvariantCulture, $"Shard {shard}: {units.Length} of {plan.Units.Length} part(s) measured, none judged. 'modelguard merge' judges all {shard.Count} shards together."));
        return ExitCodes.Success;
    }

    private AuditSetup Open(CancellationToken cancellation) => AuditSetup.Open(policy, modelPath, new TracePlace(device, dtype, links), Cache, output, cancellation);

    private (ImmutableArray<UnitResult> Results, PictureCount Pictures) Measure(AuditSetup setup, ImmutableArray<AuditUnit> units, PictureFolder? folder, EarlyStop? stop, CancellationToken cancellation)
    {
        using var line = output.Progress("Auditing");
        var audit = new Audit(setup.Edited, setup.Base, setup.Scorer, policy, Cache) { Keep = folder is null ? null : folder.Add, IsNeedless = stop is null ? null : stop.IsNeedless };
        var results = ImmutableArray.CreateBuilder<UnitResult>();
        foreach (var result in audit.Run(units, new Forwarder(line), cancellation))
        {
            results.Add(result);
            stop?.Add(result);
        }

        var pictures = results.Sum(r => r.Edited.Length) * (ReferenceEquals(setup.Edited, setup.Base) ? 1 : 2);
        return (results.ToImmutable(), new PictureCount(audit.Drawn, pictures));
    }

    private sealed class Forwarder(ProgressLine line) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value) => line.Report(value.Done, value.Total, value.Subject);
    }
}
