using ModelGuard.Diffusion.Clip;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What a text encoder edit asks of the weight of one layer.</summary>
internal sealed class LayerWork(EditPlan plan, EncoderSentences sentences, TextEncoderRecipe recipe, SpreadTargets? spread, KeyMoments moments)
{
    /// <summary>Rows and bounds for a layer.</summary>
    /// <param name="layer">Its number.</param>
    /// <param name="module">Its original weights.</param>
    /// <param name="before">W₀ of the site, float64.</param>
    /// <param name="options">The policy's weights.</param>
    /// <param name="name">The weight's name.</param>
    public WeightDemand Demand(int layer, CLIPEncoderLayer module, Tensor before, EditSection options, string name)
    {
        var keys = sentences.Old.Read(module, recipe.Site, plan.OldPositions);
        var limit = moments.TakeLimit(name, before.shape[1]);
        return new WeightDemand(Edit(layer, module, before, keys), Preserve(layer, module, before, options))
        {
            Names = plan.Names,
            Captions = plan.CaptionIds.Length,
            Limit = limit,
            Moment = limit is null && plan.CaptionIds.Length > 0 ? moments.Get(name, plan.CaptionIds, before.shape[1], () => sentences.CaptionMoment(layer, module)) : null,
            IsMomentSpare = true,
            HardKeys = sentences.Hard is { } hard ? hard.Read(module, recipe.Site, plan.HardPositions) : null,
            Watched = sentences.Watched is { } watched ? watched.Read(module, recipe.Site) : null,
            WatchedPrompts = plan.Watched.IsEmpty ? [] : [.. plan.Watched.Select(w => (w.Name, w.Prompt))],
        };
    }

    private Constraints Edit(int layer, CLIPEncoderLayer module, Tensor before, Tensor keys)
    {
        if (spread is not null) return new Constraints(keys, matmul(keys, before.t()) + spread.Missing(layer, module, sentences.Old, spread.New, plan.OldPositions, plan.NewPositions), 1);
        var targets = DistinctPicks.Of(plan.NewPositions);
        var values = matmul(sentences.New.Read(module, recipe.Site, targets.Picks), before.t());
        return new Constraints(keys, recipe.KeepsBias ? values + module.OutProjBias : values, 1) { ValueRows = targets.Rows };
    }

    // Before the first edited layer the edited encoder gives what the original one gives: there is no change to make up for.
    private Constraints? Preserve(int layer, CLIPEncoderLayer module, Tensor before, EditSection options)
    {
        if (sentences.KeptInOriginal is not { } original) return null;
        if (sentences.KeptInEdited is not { } now) return new Constraints(Rows(original), null, options.PreserveWeight);
        var keys = Rows(now);
        var values = spread is null
            ? matmul(Rows(original), before.t())
            : matmul(keys, before.t()) + spread.Missing(layer, module, now, spread.Kept!, plan.PreservedPositions, plan.PreservedPositions);
        return new Constraints(keys, values, options.PreserveWeight);

        Tensor Rows(KeyReader reader) => reader.Read(module, recipe.Site, plan.PreservedPositions);
    }
}
