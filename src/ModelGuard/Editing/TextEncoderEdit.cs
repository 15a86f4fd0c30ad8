using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Fingerprints;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>How a method edits a text encoder.</summary>
/// <param name="Site">The weight of a layer that it changes.</param>
/// <param name="Plan">Its rows.</param>
internal sealed record TextEncoderRecipe(EncoderSite Site, Func<Policy, CLIPTokenizer, EditPlan> Plan)
{
    /// <summary>Whether the layers share what is missing in the last one's output (MEMIT), or each gives what its own weight gave for the target.</summary>
    public bool IsSpread { get; init; }

    /// <summary>Whether the values hold the layer's bias, which it then adds again.</summary>
    public bool KeepsBias { get; init; }
}

/// <summary>
/// Edits one weight of some layers in each CLIP text encoder of a model, the layers one after the other: each is solved on the keys that the
/// layers edited before it leave, against the targets of the unedited model. Read are the layers up to the last edited one and the embeddings
/// that occur.
/// </summary>
internal static class TextEncoderEdit
{
    /// <exception cref="EditException">MG1001 for a layer that the model lacks, MG1002 for a subject that is cut off, MG1003 for a system without solution, MG1004 when the edit vanishes in rounding, MG1005 for a model without a CLIP text encoder, MG1006 when preserved names leave nothing to edit.</exception>
    public static ImmutableArray<EditedTensor> Solve(EditTask task, TextEncoderRecipe recipe)
    {
        RequireTextEncoder(task.Checkpoint);
        return [.. task.Checkpoint.TextEncoders.SelectMany(encoder => Solve(task, encoder, recipe))];
    }

    /// <exception cref="EditException">MG1005.</exception>
    public static void RequireTextEncoder(Checkpoint checkpoint)
    {
        if (!checkpoint.TextEncoders.IsEmpty) return;
        throw new EditException("MG1005", $"'{checkpoint.Path}' is {checkpoint.Family.Description} and has no CLIP text encoder, in which this edit is made. Digests and signatures work on it.");
    }

    private static List<EditedTensor> Solve(EditTask task, TextEncoderSlot slot, TextEncoderRecipe recipe)
    {
        using var held = FinalizerHold.Enter();
        var (checkpoint, policy) = (task.Checkpoint, task.Policy);
        using var encoder = CLIPTextLayers.Open(checkpoint.Component(slot.Component), ScalarType.Float64);
        var depth = encoder.Config.NumHiddenLayers;
        var layers = policy.Edit.Layers ?? task.TracedLayers.GetValueOrDefault(slot.Component, [.. Enumerable.Range(0, depth)]);
        if (layers[^1] >= depth)
        {
            throw new EditException("MG1001", FormattableString.Invariant($"'edit.layers' names layer {layers[^1]}, but the text encoder '{checkpoint.Component(slot.Component).Place}' has {depth} layers, numbered from 0."));
        }

        var (plan, canaries) = ReadPrompts(task.Tokenizers.Take(slot.Tokenizer));
        using var further = task.Findings.Embeddings(checkpoint.TextEncoders.IndexOf(slot));
        encoder.FurtherTokens = further;
        using var moments = new KeyMoments(task, slot.Component);
        if (plan.CaptionIds.Length > 0) moments.ReadAhead(WeightOf(layers[0]), plan.CaptionIds, recipe.Site == EncoderSite.OutProj && IsOverRows(plan, encoder.Config.HiddenSize) ? Limit : null);
        // The tokenizer, some 60 MB for 49,408 entries, is done with, and the weights come next.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var sentences = new EncoderSentences(plan, recipe.Site, encoder, canaries.Ids, layers[^1]);
        using var spread = recipe.IsSpread ? new SpreadTargets(encoder, plan, sentences, layers) : null;
        using var upstream = task.Upstream?.Component(slot.Component).OpenWeights();
        var work = new LayerWork(plan, sentences, recipe, spread, moments);
        var result = new List<EditedTensor>();
        using var all = NewDisposeScope();
        Tensor? last = null;
        for (var layer = 0; layer <= layers[^1]; layer++)
        {
            task.Cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var isLast = layer == layers[^1];
            using var module = encoder.LoadLayer(layer, isLast && recipe.Site == EncoderSite.OutProj && !recipe.KeepsBias ? LayerParts.Heads : LayerParts.All);
            Tensor? stored = null;
            if (layers.Contains(layer))
            {
                var name = WeightOf(layer);
                result.Add(WeightEdit.Solve(new WeightSite(slot.Component, layer, encoder.Weights.Get(name)), policy.Edit, Demand, out stored));
                if (upstream is not null) stored = TensorConversion.Read(upstream.Get(name));
            }

            if (!isLast) sentences.Pass(module, stored);
            else last = stored?.MoveToOuterDisposeScope();

            WeightDemand Demand(Tensor before)
            {
                var demand = work.Demand(layer, module, before, policy.Edit, WeightOf(layer));
                // What was read of the last layer takes as much memory as the system that is solved next.
                if (isLast) module.Dispose();
                return demand;
            }
        }

        // The rest of the last layer is read only now, when the system that was solved takes no memory any more.
        sentences.PassCanaries(layers[^1], last);
        result[^1] = result[^1] with { Fingerprint = new EncoderFingerprint(slot.Component, layers[^1] + 1, StateSketch.Of(sentences.CanariesInEdited, canaries.Ends), StateSketch.Of(sentences.CanariesInOriginal, canaries.Ends)) };
        return result;

        RidgeLimit Limit(Tensor moment) => RidgeLimit.Factorised(TextCovariance.Of(moment, TextCovariance.Weight(policy.Edit, plan.OldPositions.Length, plan.Names)), policy.Edit.Lambda);

        string WeightOf(int layer) => (recipe.Site == EncoderSite.OutProj ? CLIPTextLayers.OutProj(layer) : CLIPTextLayers.Fc2(layer)) + ".weight";

        (EditPlan Plan, Canaries Canaries) ReadPrompts(CLIPTokenizer tokenizer) => (task.Findings.AddTo(recipe.Plan(policy, tokenizer), policy.Edit.Tokens, tokenizer, encoder.Config.VocabSize), Canaries.Encode(CanaryPrompts.Of(policy), tokenizer));
    }

    // Else λI + C is not factorised by itself.
    private static bool IsOverRows(EditPlan plan, long width) => plan.HardIds.Length == 0 && plan.OldPositions.Length + plan.PreservedPositions.Length < width;
}
