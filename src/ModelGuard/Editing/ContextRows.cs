using System.Collections.Immutable;
using ModelGuard.Diffusion.Unet;
using ModelGuard.Editing.Hardening;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>What a cross-attention edit asks of the weights that read the text; the same rows for each of them.</summary>
internal sealed class ContextRows
{
    private readonly EditPlan plan;
    private readonly Tensor old;
    private readonly Tensor target;
    private readonly Tensor? valueRows;
    private readonly Tensor? kept;
    private readonly Tensor? moment;
    private readonly Tensor? hard;
    private readonly ImmutableArray<Context?> texts;

    /// <param name="plan">Positions of the rows.</param>
    /// <param name="texts">Sentences with a concept, with its target, with preserved names, captions, preserved names alone, watched prompts.</param>
    /// <param name="found">States that an attack on earlier solutions found; null for none.</param>
    public ContextRows(EditPlan plan, ImmutableArray<Context?> texts, FoundContexts? found)
    {
        (this.plan, this.texts) = (plan, texts);
        old = KeyRows.Of(texts[0]!.States, plan.OldPositions);
        var targets = DistinctPicks.Of(plan.NewPositions);
        (target, valueRows) = (KeyRows.Of(texts[1]!.States, targets.Picks), targets.Rows);
        if (found is not null)
        {
            var own = valueRows ?? arange(target.shape[0], dtype: ScalarType.Int64);
            valueRows = cat([own, arange(target.shape[0], target.shape[0] + found.Targets.shape[0], dtype: ScalarType.Int64)]);
            (old, target) = (cat([old, found.Keys]), cat([target, found.Targets]));
        }

        kept = texts[2] is { } preserved ? KeyRows.Of(preserved.States, plan.PreservedPositions) : null;
        moment = texts[3] is { } captions ? Moment(captions.States.flatten(0, 1)) : null;
        hard = texts[4] is { } names ? KeyRows.Of(names.States, plan.HardPositions) : null;
    }

    /// <summary>Rows of text states, for keys and values.</summary>
    public WeightDemand OfStates(Tensor before, EditSection options) => new(new Constraints(old, matmul(target, before.t()), 1) { ValueRows = valueRows }, kept is null ? null : new Constraints(kept, null, options.PreserveWeight))
    {
        Moment = moment,
        Names = plan.Names,
        Captions = plan.CaptionIds.Length,
        HardKeys = hard,
        Watched = texts[5]?.States,
        WatchedPrompts = [.. plan.Watched.Select(w => (w.Name, w.Prompt))],
    };

    /// <summary>Rows of pooled text with the sizes that a picture is made for by default, one a sentence (<c>add_embedding</c> of Stable Diffusion XL).</summary>
    public Func<Tensor, EditSection, WeightDemand> OfPooled(UNet2DConditionConfig config)
    {
        var addition = config.AdditionEmbedding!;
        // Latents have an eighth of the picture's side.
        var side = config.SampleSize * 8;
        var sizes = TimestepEmbedding.Sinusoids(tensor([side, side, 0L, 0L, side, side]), addition.TimeEmbedDim, config.FlipSinToCos, config.FreqShift).flatten().to(ScalarType.Float64);
        return (before, options) => new WeightDemand(new Constraints(Input(0)!, matmul(Input(1)!, before.t()), 1) { ValueRows = tensor(plan.Targets.ToArray()) }, Input(2) is { } preserved ? new Constraints(preserved, null, options.PreserveWeight) : null)
        {
            Moment = Input(3) is { } captions ? Moment(captions) : null,
            Names = plan.Names,
            Captions = plan.CaptionIds.Length,
            HardKeys = Input(4),
            Watched = Input(5)?.unsqueeze(1),
            WatchedPrompts = [.. plan.Watched.Select(w => (w.Name, w.Prompt))],
        };

        Tensor? Input(int group) => texts[group]?.Pooled is { } pooled ? cat([pooled, sizes.expand(pooled.shape[0], -1)], -1) : null;
    }

    private static Tensor Moment(Tensor keys) => matmul(keys.t(), keys) / (double)keys.shape[0];
}
