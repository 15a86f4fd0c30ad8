using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ModelGuard.Attestations;
using ModelGuard.Cards;
using ModelGuard.Checkpoints;
using ModelGuard.Cli.Commands;
using ModelGuard.Cli.Terminal;
using ModelGuard.Cli.Workflows;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Proving;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Evidence;

/// <summary>What solving an edit again proved.</summary>
/// <param name="Tensors">Number of edited tensors.</param>
/// <param name="Numbers">Numbers in them.</param>
/// <param name="IsExact">Whether the model has them bit for bit.</param>
/// <param name="Deviation">Else how far the tensor that is furthest out is from the one solved again, as a fraction of its change.</param>
/// <param name="Bound">What other processors and libraries explain.</param>
/// <param name="Report">Name of the report whose numbers came out again; null where there was none.</param>
/// <param name="Untouched">What is the base's; null where only a report was at hand, whose root digest covers it.</param>
internal sealed record EditProof(int Tensors, long Numbers, bool IsExact, double Deviation, double Bound, string? Report, UntouchedProof? Untouched);

/// <summary>Solves an edit again from base and policy and holds it against the edited model, its report, or both. Takes nothing from a cache.</summary>
internal sealed class EditCheck(Policy policy, HashedModel original, HashedModel edited, Output output)
{
    /// <summary>A report besides the one in the edited folder.</summary>
    public string? Report { get; init; }

    /// <summary>Runs the check.</summary>
    /// <exception cref="AttestationException">MG2022 to MG2025: something does not hold; MG2017, MG2019, MG2030: it cannot be looked at.</exception>
    public EditProof Run(CancellationToken cancellation)
    {
        var isThere = Path.Exists(edited.Path);
        var report = SignedReports.OfEdit(edited.Path, Report);
        if (!isThere && report is null) throw new AttestationException("MG2017", $"There is no edited model '{edited.Path}' and no report of an edit to hold the edit against. Name one with --output or --report.");
        if (report is not null) ReportEvidence.RequirePolicy(report, new PolicyReference(Path.GetFileName(policy.Path), "sha256:" + policy.Digest));
        var checkpoint = CheckpointOpening.Open(original.Path, policy, output);
        var shardSize = report?.Document.Model.ShardSize;
        var originals = original.All(shardSize);
        // A pin is over whole files, whatever a report is over.
        if (policy.Model.Digest is not null) EditWorkflow.RequirePinned(policy, original.Path, original.Root());
        var model = new ModelReference(original.Name, originals.Root);
        if (report is not null) ReportEvidence.RequireBase(report, model);
        var solving = new EditSolving(policy, checkpoint, output);
        using var threads = Backend.UseThreads(Threads(report));
        var isSameMachine = report is not null && IsThisMachine(report);
        solving.ChooseLayers(cancellation);
        var edits = solving.Solve(upstream: null, cancellation);
        var copies = isThere ? All(edited, shardSize) : null;
        var untouched = copies is null ? null : UntouchedParts.Require(checkpoint, originals, copies, edits, Restated(originals, copies, report), cancellation);
        var rederived = copies is null
            ? new RederivedEdit(edits, IsExact: true, 0, 0)
            : Rederive(edits, isSameMachine, e => solving.Solve(e, cancellation));
        if (report is not null)
        {
            var (root, leftOut) = copies is null ? PatchedRoot.Of(checkpoint, originals, edits, cancellation) : (copies.Root, untouched!.LeftOut);
            // Without the edited model only digests can be compared, and they tell the same from other bits, not near from far.
            if (copies is null && !isSameMachine && root != report.Document.Model.Output.Digest) throw new AttestationException("MG2030", $"'{report.Name}' was made on another processor or with another LibTorch, so its digests need not come out here. Name the edited model with --output, to compare its numbers.");
            RederivedReport.Require(report, solving.Describe(model, new ModelReference(edited.Name, root), rederived.Edits, leftOut) with { ShardSize = shardSize }, copies is null || (rederived.IsExact && isSameMachine));
        }

        var numbers = edits.Sum(e => (long)e.Bytes.Length / TensorDataTypes.Parse(e.Facts.DataType)!.Value.SizeInBytes());
        return new EditProof(edits.Length, numbers, rederived.IsExact, rederived.Deviation, rederived.Bound, report?.Name, untouched);
    }

    private RederivedEdit Rederive(ImmutableArray<EditedTensor> edits, bool isSameMachine, Func<Checkpoint, ImmutableArray<EditedTensor>> solveBehind)
    {
        try
        {
            return RederivedEdit.Require(edits, CheckpointOpening.Open(edited.Path, policy, output), isSameMachine, solveBehind);
        }
        catch (AttestationException e) when (e.Code == "MG2023" && !isSameMachine && policy.Edit.Harden > 0)
        {
            // What a search finds hangs on last bits, so other findings are no proof of another edit.
            throw new AttestationException("MG2030", $"The edit of '{edited.Path}' was hardened by a search, which finds other inputs on another processor or with another LibTorch: {e.Message} Verify it on the machine of its report, or by its signature.", e);
        }
    }

    // A card that 'card' wrote is the base's with what follows from the report and from the name that it gives the base.
    private static ImmutableArray<FileDigest> Restated(DigestedModel original, DigestedModel edited, ReportFile? report)
    {
        try
        {
            string? before = CardOf(original), after = CardOf(edited);
            if (report is null || after is null || after == before) return [];
            if (CardFacts.Of(report, ModelCard.BaseModelOf(after)) is { } facts) return [FileDigest.OfContent(ModelCard.FileName, Encoding.UTF8.GetBytes(ModelCard.Apply(before ?? "", facts)), edited.ShardSize)];
        }
        catch (CardException)
        {
            // Whatever this card is, no command wrote it; it is told as any other file.
        }

        return [];
    }

    private static string? CardOf(DigestedModel model) => model.Files.FirstOrDefault(f => f.Name == ModelCard.FileName) is { } file ? ModelCard.Read(File.ReadAllBytes(file.Path)) : null;

    private static DigestedModel All(HashedModel model, long? shardSize)
    {
        try
        {
            return model.All(shardSize);
        }
        catch (CheckpointException e)
        {
            // A link or a pipe among the files is no mishap here: an edited checkpoint has none.
            throw AttestationException.Refuse(e.Code, e.Message, e);
        }
    }

    private static int? Threads(ReportFile? report) => report?.Document.Environment is { ValueKind: JsonValueKind.Object } environment && environment.TryGetProperty("threads", out var threads) && threads.TryGetInt32(out var count) ? count : null;

    private static bool IsThisMachine(ReportFile report)
    {
        using var here = JsonDocument.Parse(ReportJson.Environment(Backend.DescribeEdit()));
        return JsonElement.DeepEquals(report.Document.Environment, here.RootElement);
    }
}
