using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Workflows;

/// <summary>Base and policy → edited folder with its report.</summary>
internal sealed class EditWorkflow(Policy policy, string basePath, string outputPath, Output output, TimeProvider clock)
{
    // The edit is solved in float64 on the CPU, whatever the audit runs on.
    private const string Device = "cpu";

    /// <summary>This tool's version.</summary>
    public static string ToolVersion { get; } = typeof(EditWorkflow).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>
    /// Makes the edited folder unless it is there already: the same tool, policy and base, and the folder as its report describes it. Content
    /// decides, not time stamps, which a checkout does not keep.
    /// </summary>
    /// <returns>Whether anything was done.</returns>
    public bool Run(bool force, CancellationToken cancellation)
    {
        var started = clock.GetUtcNow();
        var checkpoint = CheckpointOpening.Open(basePath, policy, output);
        var baseDigest = Digests.RootDigest(basePath, cancellation);
        if (policy.Model.Digest is { } pinned && pinned != baseDigest)
        {
            throw new CheckpointException("MG0267", string.Create(CultureInfo.InvariantCulture, $"The base '{basePath}' has the digest {baseDigest}, but the policy pins {pinned} in line {policy.Model.Location.Line}. Use the pinned checkpoint, or review the new one and change the pin."), basePath);
        }

        if (!force && IsCurrent(baseDigest, cancellation))
        {
            output.Say($"'{outputPath}' is up to date: same policy, same base, same tool.");
            return false;
        }

        var watch = Stopwatch.StartNew();
        var edits = DiffQuickFix.Solve(checkpoint, policy);
        var editTime = watch.Elapsed;
        cancellation.ThrowIfCancellationRequested();
        EditedCheckpoint.Publish(checkpoint, edits, outputPath, partial =>
        {
            var report = new EditReport
            {
                ToolVersion = ToolVersion,
                Policy = new PolicyReference(Path.GetFileName(policy.Path), policy.Digest),
                Base = new ModelReference(Path.GetFileName(basePath), baseDigest),
                Model = new ModelReference(Path.GetFileName(outputPath), Digests.RootDigest(partial, cancellation)),
                Environment = Backend.Describe(Device),
                Edit = policy.Edit,
                Edits = edits,
                Run = new RunFacts(started, clock.GetUtcNow() - started, editTime, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
            };
            AtomicFile.Write(Path.Combine(partial, EditReport.FileName), ReportJson.Write(report));
        });
        var changed = edits.Sum(e => e.Bytes.Length / TensorDataTypes.Parse(e.Facts.DataType)!.Value.SizeInBytes());
        output.Say(string.Create(CultureInfo.InvariantCulture, $"Edited {edits.Length} tensor(s), {changed} numbers, for {policy.Concepts.Length} concept(s) in {editTime.TotalSeconds:0.000} s → '{outputPath}'."));
        foreach (var edit in edits) output.Detail(string.Create(CultureInfo.InvariantCulture, $"{edit.Component}/{edit.Name}: change {edit.Facts.RelativeDelta:P1} of its norm, residual {edit.Facts.Residual:0.000}, condition {edit.Facts.ConditionNumber:0.0e+0}, lost in rounding {edit.Facts.RoundingError:P2}."));
        return true;
    }

    private bool IsCurrent(string baseDigest, CancellationToken cancellation)
    {
        var path = Path.Combine(outputPath, EditReport.FileName);
        if (!File.Exists(path)) return false;
        try
        {
            using var report = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = report.RootElement;
            return root.TryGetProperty("edit", out _)
                && root.GetProperty("tool").GetProperty("version").GetString() == ToolVersion
                && root.GetProperty("policy").GetProperty("digest").GetString() == "sha256:" + policy.Digest
                && root.GetProperty("model").GetProperty("base").GetProperty("digest").GetString() == baseDigest
                && root.GetProperty("model").GetProperty("output").GetProperty("digest").GetString() == Digests.RootDigest(outputPath, cancellation);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // A damaged report proves nothing; the folder is made again.
            return false;
        }
    }
}
