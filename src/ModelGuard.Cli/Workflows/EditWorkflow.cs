using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelGuard.Analysis;
using ModelGuard.Attestations;
using ModelGuard.Caching;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Deltas;
using ModelGuard.Diagnostics;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Workflows;

/// <summary>Base and policy → edited folder with its report.</summary>
internal sealed class EditWorkflow(Policy policy, string basePath, string outputPath, LinkRule links, Output output, TimeProvider clock)
{
    private readonly DigestCache cache = DigestCache.OfUser(clock);

    /// <summary>This tool's version.</summary>
    public static string ToolVersion { get; } = typeof(EditWorkflow).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Where the change goes as a file of its own; null for nowhere.</summary>
    public string? DeltaPath { get; init; }

    /// <summary>Whether the report's root digests are over shards; null to keep what is there, and else to take whole files.</summary>
    public bool? AsksForShards { get; init; }

    /// <summary>Threads that compute; null for LibTorch's own choice.</summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Makes the edited folder unless it is there already: the same tool, policy and base, and the folder as its report describes it. Content
    /// decides, not time stamps, which a checkout does not keep.
    /// </summary>
    /// <returns>Whether anything was done.</returns>
    public bool Run(bool force, CancellationToken cancellation)
    {
        var started = clock.GetUtcNow();
        RequireDeltaOutside();
        var checkpoint = CheckpointOpening.Open(basePath, policy, output);
        if (!force && IsCurrent(checkpoint, cancellation))
        {
            output.Say($"'{outputPath}' is up to date: same policy, same base, same tool.");
            return false;
        }

        var edits = ImmutableArray<EditedTensor>.Empty;
        var editTime = TimeSpan.Zero;
        var solving = new EditSolving(policy, checkpoint, output) { Cache = ContentCache.OfUser(clock), Digests = cache };
        using (var line = output.Progress("Copying"))
        {
            EditedCheckpoint.Publish(checkpoint, Solve, outputPath, new PublishOptions(links, cache) { Progress = new CopyForwarder(line), ShardSize = AsksForShards == true ? ShardSizes.OfEdits : null }, Finish, cancellation);
        }

        var changed = edits.Sum(e => e.Bytes.Length / TensorDataTypes.Parse(e.Facts.DataType)!.Value.SizeInBytes());
        output.Say(string.Create(CultureInfo.InvariantCulture, $"Edited {edits.Length} tensor(s), {changed} numbers, for {policy.Concepts.Length} concept(s) in {editTime.TotalSeconds:0.000} s → '{outputPath}'."));
        foreach (var path in TextPaths.Of(checkpoint, edits).Where(p => !p.IsEdited))
        {
            output.Report(new Diagnostic("MG1008", DiagnosticSeverity.Warning, policy.Model.Location, $"The prompt also reaches the picture by {path.Name}, where nothing was edited, so a concept may still show. Choose a method that edits it, or judge by an audit."));
        }

        if (PromptDrifts.Worst(edits).MaxBy(d => d.Drift) is { } worst) output.Detail(string.Create(CultureInfo.InvariantCulture, $"Of the preserved prompts '{worst.Prompt}' drifts most, by {worst.Drift:P1}."));
        foreach (var edit in edits) output.Detail(string.Create(CultureInfo.InvariantCulture, $"{edit.Component}/{edit.Name}: change {edit.Facts.RelativeDelta:P1} of its norm, residual {edit.Facts.Residual:0.000}, condition {edit.Facts.ConditionNumber:0.0e+0}, lost in rounding {edit.Facts.RoundingError:P2}."));
        return true;

        // The system copies all the while, from before LibTorch is there; a policy that is refused now leaves nothing of the copy.
        ImmutableArray<EditedTensor> Solve()
        {
            Backend.Prepare(Threads);
            PolicyLoading.Report(PolicyAnalysis.Find(policy, checkpoint, AnalysisDepth.Keys, solving.Tokenizers), output);
            solving.ChooseLayers(cancellation);
            var watch = Stopwatch.StartNew();
            edits = solving.Solve(upstream: null, cancellation);
            editTime = watch.Elapsed;
            return edits;
        }

        void Finish(EditedFolder edited)
        {
            RequirePinned(edited.BaseDigest, edited.ShardSize, cancellation);
            if (!edited.LeftOut.IsEmpty) output.Say($"Left out, because they hold unedited weights in another form: {string.Join(", ", edited.LeftOut)}.");
            var report = solving.Describe(new ModelReference(Path.GetFileName(basePath), edited.BaseDigest), new ModelReference(Path.GetFileName(outputPath), edited.Digest), edited.Edits, edited.LeftOut) with
            {
                ShardSize = edited.ShardSize,
                Run = new RunFacts(started, clock.GetUtcNow() - started, editTime, $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
            };
            File.WriteAllBytes(Path.Combine(edited.Path, EditReport.FileName), ReportJson.Write(report));
            if (DeltaPath is not null) WriteDelta(checkpoint, edited, report);
        }
    }

    private void WriteDelta(Checkpoint checkpoint, EditedFolder edited, EditReport report)
    {
        // The output folder is about to be replaced by the one under the temporary name.
        var path = DeltaPath == Path.Combine(outputPath, DeltaFile.FileName) ? Path.Combine(edited.Path, DeltaFile.FileName) : DeltaPath!;
        // What differs from run to run has no place in a file that is the same each time.
        var origin = new DeltaOrigin(ToolVersion, "sha256:" + policy.Digest, policy.Model.Variant, Encoding.UTF8.GetString(ReportJson.Write(report with { Run = null })));
        DeltaWriter.Write(path, checkpoint, edited, origin);
    }

    // What lies in a model's folder is a part of the model.
    private void RequireDeltaOutside()
    {
        if (DeltaPath is null) return;
        foreach (var folder in new[] { outputPath, basePath })
        {
            if (!DeltaPath.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal) || DeltaPath == Path.Combine(folder, DeltaFile.FileName)) continue;
            throw new CheckpointException("MG1046", $"The delta '{DeltaPath}' would lie in '{folder}' and be a part of that model. Name a file elsewhere, or '{Path.Combine(folder, DeltaFile.FileName)}'.", DeltaPath);
        }
    }

    private bool HasDelta(string baseDigest, string editedDigest)
    {
        if (DeltaPath is null) return true;
        if (!File.Exists(DeltaPath)) return false;
        try
        {
            using var delta = DeltaFile.Open(DeltaPath);
            return (delta.Manifest.ToolVersion, delta.Manifest.PolicyDigest, delta.Manifest.BaseDigest, delta.Manifest.EditedDigest) == (ToolVersion, "sha256:" + policy.Digest, baseDigest, editedDigest);
        }
        catch (CheckpointException)
        {
            // Another file, or a damaged one; it is written again.
            return false;
        }
    }

    // A pin is over whole files, whatever the report is over.
    private void RequirePinned(string baseDigest, long? shardSize, CancellationToken cancellation)
    {
        if (policy.Model.Digest is not null) RequirePinned(policy, basePath, shardSize is null ? baseDigest : Digests.RootDigest(basePath, links, cache, cancellation: cancellation));
    }

    /// <summary>Refuses a base that is not the one that the policy pins.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="basePath">The base.</param>
    /// <param name="baseDigest">Its root digest over whole files.</param>
    /// <exception cref="CheckpointException">MG0267.</exception>
    public static void RequirePinned(Policy policy, string basePath, string baseDigest)
    {
        if (policy.Model.Digest is { } pinned && pinned != baseDigest)
        {
            throw new CheckpointException("MG0267", string.Create(CultureInfo.InvariantCulture, $"The base '{basePath}' has the digest {baseDigest}, but the policy pins {pinned} in line {policy.Model.Location.Line}. Use the pinned checkpoint, or review the new one and change the pin."), basePath);
        }
    }

    // Digests of gigabytes come last: whatever else differs settles it.
    private bool IsCurrent(Checkpoint checkpoint, CancellationToken cancellation)
    {
        var path = Path.Combine(outputPath, EditReport.FileName);
        if (!File.Exists(path)) return false;
        try
        {
            var bytes = File.ReadAllBytes(path);
            using var report = JsonDocument.Parse(bytes);
            var root = report.RootElement;
            if (!root.TryGetProperty("edit", out _)
                || root.GetProperty("tool").GetProperty("version").GetString() != ToolVersion
                || root.GetProperty("policy").GetProperty("digest").GetString() != "sha256:" + policy.Digest) return false;
            var settings = root.GetProperty("model").TryGetProperty("settingsDigest", out var digest) ? digest.GetString() : null;
            if (settings != checkpoint.SettingsDigest()) return false;
            var shardSize = ReportFile.Read(EditReport.FileName, bytes).Document.Model.ShardSize;
            if (AsksForShards is { } asked && shardSize != (asked ? ShardSizes.OfEdits : null)) return false;
            var baseDigest = Digests.RootDigest(basePath, links, cache, shardSize, cancellation);
            RequirePinned(baseDigest, shardSize, cancellation);
            var editedDigest = root.GetProperty("model").GetProperty("output").GetProperty("digest").GetString();
            return root.GetProperty("model").GetProperty("base").GetProperty("digest").GetString() == baseDigest
                && editedDigest == Digests.RootDigest(outputPath, LinkRule.Refuse, cache, shardSize, cancellation)
                && HasDelta(baseDigest, editedDigest);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or AttestationException)
        {
            // A damaged report proves nothing; the folder is made again.
            return false;
        }
    }
}
