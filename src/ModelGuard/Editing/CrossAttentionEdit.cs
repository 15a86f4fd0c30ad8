using System.Collections.Immutable;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Edits the weights of a UNet that read the text: keys and values of its cross-attention, and for Stable Diffusion XL the first layer that
/// reads the pooled text. The text encoders stay as they are, so their states are computed once for all weights.
/// </summary>
internal static class CrossAttentionEdit
{
    /// <summary>The weight that reads the pooled text of Stable Diffusion XL.</summary>
    public const string PooledWeight = "add_embedding.linear_1.weight";

    private const string Unet = "unet";

    /// <exception cref="EditException">MG1001 for a layer that the UNet lacks, MG1002 for a subject that is cut off, MG1003 for a system without solution, MG1004 when the edit vanishes in rounding, MG1005 for a model without a known UNet, MG1006 when preserved names leave nothing to edit, MG1007 when two tokenizers disagree.</exception>
    public static ImmutableArray<EditedTensor> Solve(EditTask task, Func<Policy, CLIPTokenizer, EditPlan> plan)
    {
        var (checkpoint, policy) = (task.Checkpoint, task.Policy);
        if (!checkpoint.Family.CanGenerate) throw new EditException("MG1005", $"'{checkpoint.Path}' is {checkpoint.Family.Description}, whose cross-attention this version does not know; '{policy.Edit.Method}' edits that of Stable Diffusion 1, 2 and XL. Choose a method that edits the text encoder.");
        NativeBackend.EnsureLoaded();
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var component = checkpoint.Component(Unet);
        using var weights = component.OpenWeights();
        var all = CrossAttentionLayer.Of(weights);
        if (policy.Edit.Layers is [.., var last] && last >= all.Length) throw new EditException("MG1001", FormattableString.Invariant($"'edit.layers' names the cross-attention layer {last}, but the UNet '{component.Place}' has {all.Length}, numbered from 0."));
        var plans = ContextStates.Plans(checkpoint, task.Tokenizers, tokenizer => plan(policy, tokenizer));
        var texts = ContextStates.Read(checkpoint, plans, [p => p.OldIds, p => p.NewIds, p => p.PreservedIds, p => p.CaptionIds, p => p.HardIds, p => [.. p.Watched.Select(w => w.Ids)]], task.Cancellation);
        var rows = new ContextRows(plans[0], texts, task.FoundContexts);
        var result = new List<EditedTensor>();
        foreach (var layer in all.Where(l => policy.Edit.Layers is not { } chosen || chosen.Contains(l.Index)))
        {
            foreach (var name in layer.Weights) Add(layer.Index, name, rows.OfStates);
        }

        if (texts[0]!.Pooled is not null && weights.TryGet(PooledWeight, out _)) Add(0, PooledWeight, rows.OfPooled(UNet2DConditionModel.ReadConfig(component)));
        return [.. result];

        void Add(int layer, string name, Func<Tensor, EditSection, WeightDemand> demand)
        {
            task.Cancellation.ThrowIfCancellationRequested();
            result.Add(WeightEdit.Solve(new WeightSite(Unet, layer, weights.Get(name)), policy.Edit, w => demand(w, policy.Edit), out var after));
            after.Dispose();
        }
    }
}
