using System.Collections.Immutable;
using System.Security.Cryptography;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// DiffQuickFix (Basu et al., "Localizing and Editing Knowledge in Text-to-Image Generative Models", ICLR 2024): a ridge update of the
/// self-attention output projection of the text encoder. Three things differ from the released notebook: the target leaves the bias out,
/// because the layer adds it again; all concepts are solved in one system; rows for preserved prompts take part. With several layers each is
/// solved on the keys that the layers edited before it leave, against the targets of the unedited model.
/// </summary>
public static class DiffQuickFix
{
    /// <summary>Solves the edit of a policy in each CLIP text encoder of the model. Read are its first layers and the embeddings that occur, layer by layer.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="cancellation">Stops between two layers.</param>
    /// <exception cref="EditException">MG1001 for a layer that the model lacks, MG1002 for a subject that is cut off, MG1003 for a system without solution, MG1004 when the edit vanishes in rounding, MG1005 for a model without a CLIP text encoder.</exception>
    /// <exception cref="CheckpointException">The base cannot be used.</exception>
    public static ImmutableArray<EditedTensor> Solve(Checkpoint checkpoint, Policy policy, CancellationToken cancellation = default)
    {
        if (checkpoint.TextEncoders.IsEmpty)
        {
            throw new EditException("MG1005", $"'{checkpoint.Path}' is {checkpoint.Family.Description} and has no CLIP text encoder, in which this edit is made. Digests and signatures work on it.");
        }

        return [.. checkpoint.TextEncoders.SelectMany(encoder => Solve(checkpoint, encoder, policy, cancellation))];
    }

    private static List<EditedTensor> Solve(Checkpoint checkpoint, TextEncoderSlot slot, Policy policy, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        using var encoder = CLIPTextLayers.Open(checkpoint.Component(slot.Component), ScalarType.Float64);
        var depth = encoder.Config.NumHiddenLayers;
        var layers = policy.Edit.Layers ?? [.. Enumerable.Range(0, depth)];
        if (layers[^1] >= depth)
        {
            throw new EditException("MG1001", FormattableString.Invariant($"'edit.layers' names layer {layers[^1]}, but the text encoder '{checkpoint.Component(slot.Component).Place}' has {depth} layers, numbered from 0."));
        }

        var plan = DiffQuickFixPlan.Create(policy, CLIPTokenizer.Load(checkpoint, slot.Tokenizer));
        // The tokenizer, some 60 MB for 49,408 entries, is done with, and the weights come next.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var keys = new EditKeys(plan, encoder.Embed);
        var result = new List<EditedTensor>();
        for (var layer = 0; layer <= layers[^1]; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var isLast = layer == layers[^1];
            using var module = encoder.LoadLayer(layer, isLast);
            Tensor? stored = null;
            if (layers.Contains(layer)) result.Add(SolveLayer(new EditSite(slot.Component, layer, encoder.Weights.Get(CLIPTextLayers.OutProj(layer) + ".weight")), plan, policy.Edit, keys, module, out stored));
            if (!isLast) keys.Pass(module, stored);
        }

        return result;
    }

    private static EditedTensor SolveLayer(EditSite site, DiffQuickFixPlan plan, EditSection options, EditKeys keys, CLIPEncoderLayer module, out Tensor after)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (name, type) = (site.Weight.Name, site.Weight.DataType);
        var stored = TensorConversion.Read(site.Weight);
        var before = stored.to(ScalarType.Float64);
        var edit = new Constraints(Rows(keys.Old.Read(module), plan.OldPositions), matmul(Rows(keys.New.Read(module), plan.NewPositions), before.t()), 1);
        var solution = RidgeSystem.Solve(before, edit, Preserve(), options.Lambda);
        after = solution.Weight.to(stored.dtype).MoveToOuterDisposeScope();
        if (!after.isfinite().all().item<bool>()) throw new EditException("MG1003", $"The edit of '{name}' leaves the range of the stored type {type}, so that some of its numbers would be infinite. Raise 'edit.lambda', or use a base in a wider type.");
        if (!after.ne(stored).any().item<bool>()) throw new EditException("MG1004", $"The edit of '{name}' vanishes in rounding: no element of the stored type {type} changes. Lower 'edit.lambda', or use a base in a wider type.");
        var (oldBytes, newBytes) = (TensorConversion.ToBytes(stored), TensorConversion.ToBytes(after));
        var delta = solution.Weight - before;
        var facts = new EditFacts(
            type.ToString(),
            plan.OldPositions.Length,
            plan.PreservedPositions.Length,
            delta.norm().item<double>(),
            (delta.norm() / before.norm()).item<double>(),
            Math.Max(delta.max().item<double>(), -delta.min().item<double>()),
            solution.ConditionNumber,
            solution.Residual,
            (after.to(ScalarType.Float64).sub_(solution.Weight).norm() / delta.norm()).item<double>(),
            Digest(oldBytes),
            Digest(newBytes));
        return new EditedTensor(site.Component, name, site.Layer, [.. newBytes], facts);

        // Before the first edited layer the edited encoder gives what the original one gives: there is no change to make up for.
        Constraints? Preserve() => keys.KeptInOriginal is not { } original ? null : keys.KeptInEdited is not { } now
            ? new Constraints(Rows(original.Read(module), plan.PreservedPositions), null, options.PreserveWeight)
            : new Constraints(Rows(now.Read(module), plan.PreservedPositions), matmul(Rows(original.Read(module), plan.PreservedPositions), before.t()), options.PreserveWeight);
    }

    /// <summary>Picks rows: keys [n, positions, width] and (prompt, position) pairs → [pairs, width].</summary>
    private static Tensor Rows(Tensor keys, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var scope = NewDisposeScope();
        var flat = keys.reshape(-1, keys.shape[2]);
        return flat.index_select(0, tensor(picks.Select(p => (p.Prompt * keys.shape[1]) + p.Position).ToArray())).MoveToOuterDisposeScope();
    }

    private sealed record EditSite(string Component, int Layer, WeightTensor Weight);

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
