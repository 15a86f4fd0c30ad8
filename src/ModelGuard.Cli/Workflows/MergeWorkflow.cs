using System.Text;
using ModelGuard.Cli.Terminal;
using ModelGuard.Policies;
using ModelGuard.Reports;
using ModelGuard.Verdicts;

namespace ModelGuard.Cli.Workflows;

/// <summary>Shard reports → verdicts, report. Nothing is computed anew.</summary>
internal sealed class MergeWorkflow(Policy policy, Output output, TimeProvider clock)
{
    /// <summary>Where a baseline of what was measured goes; null for nowhere.</summary>
    public string? BaselinePath { get; init; }

    /// <summary>A folder for prompts that attacks found; null for nowhere.</summary>
    public string? ProbesPath { get; init; }

    /// <summary>Judges what all shards measured, writes the report, and returns the exit code.</summary>
    /// <param name="paths">The shards' reports.</param>
    /// <param name="reportPath">Where the report goes; null for nowhere.</param>
    public int Run(IReadOnlyList<string> paths, string? reportPath)
    {
        ShardFile[] shards = [.. paths.Select(p => new ShardFile(p, ShardReport.Read(File.ReadAllBytes(p), p)))];
        var measured = ShardMerge.Merge(shards, policy);
        // The audit began with its first shard.
        var started = shards.Select(s => s.Report.Run?.StartedAt).OfType<DateTimeOffset>().Append(clock.GetUtcNow()).Min();
        var conclusion = new AuditConclusion(policy, shards[0].Report.Origin, output, clock) { BaselinePath = BaselinePath, ProbesPath = ProbesPath };
        var (verdict, summary, report) = conclusion.Judge(measured, null, reportPath, started);
        if (output.Json) output.Standard.Write(Encoding.UTF8.GetString(report));
        output.Say(summary);
        return OverallVerdict.ExitCode(verdict);
    }
}
