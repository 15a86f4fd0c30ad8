using System.Collections.Immutable;
using ModelGuard.Attacks;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Editing.Hardening;

/// <summary>Text states that stand for a concept after a cross-attention edit, and where each is to lead.</summary>
/// <param name="Keys">States [rows, d], float64.</param>
/// <param name="Targets">States of the target in their place [rows, d], float64.</param>
internal sealed record FoundContexts(Tensor Keys, Tensor Targets);

/// <summary>
/// Against an edited cross-attention: text states that lead it to the concept all the same, in closed form and mapped to the target in the
/// next solution, as RECE does (Gong et al., 2024, section 3.3). A sentence counts as found when keys and values for the recovered states are
/// nearer to what the base gave for the concept than to what it gave for the target.
/// </summary>
internal sealed class ContextOpponent : IEditOpponent
{
    private const string Unet = "unet";
    private readonly EditTask task;
    private readonly ImmutableArray<(Tensor Old, Tensor Target)> rows;
    private readonly List<(Tensor Keys, Tensor Targets)> found = [];

    /// <param name="task">The edit.</param>
    /// <param name="prompts">Sentences with a name and with its target.</param>
    public ContextOpponent(EditTask task, ImmutableArray<EditPrompt> prompts)
    {
        this.task = task;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var plans = ContextStates.Plans(task.Checkpoint, new(task.Checkpoint), tokenizer => EditPlan.OfPrompts(prompts, tokenizer, task.Policy.Edit.Tokens));
        var texts = ContextStates.Read(task.Checkpoint, plans, [p => p.OldIds, p => p.NewIds], task.Cancellation);
        rows =
        [
            .. plans[0].OldPositions.Zip(plans[0].NewPositions).GroupBy(p => p.First.Prompt).Select(sentence => (
                KeyRows.Of(texts[0]!.States, [.. sentence.Select(p => p.First)]).DetachFromDisposeScope(),
                KeyRows.Of(texts[1]!.States, [.. sentence.Select(p => p.Second)]).DetachFromDisposeScope())),
        ];
    }

    /// <inheritdoc />
    public int Sentences => rows.Length;

    /// <inheritdoc />
    public ImmutableSortedDictionary<string, int> Attack(ImmutableArray<EditedTensor> edits, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        using var recovery = Recovery(edits);
        var before = found.Count;
        foreach (var (old, target) in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var states = recovery.Run(old);
            if (recovery.Distance(states, old) < recovery.Distance(states, target)) found.Add((states.DetachFromDisposeScope(), target));
            else states.Dispose();
        }

        return found.Count == before ? ImmutableSortedDictionary<string, int>.Empty : ImmutableSortedDictionary<string, int>.Empty.Add("closed-form", found.Count - before);
    }

    /// <inheritdoc />
    public EditTask Harder(EditTask of)
    {
        using var noGrad = no_grad();
        return of with { FoundContexts = new FoundContexts(cat([.. found.Select(f => f.Keys)]), cat([.. found.Select(f => f.Targets)])) };
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var (keys, _) in found) keys.Dispose();
        foreach (var (old, target) in rows)
        {
            old.Dispose();
            target.Dispose();
        }
    }

    private ContextRecovery Recovery(ImmutableArray<EditedTensor> edits)
    {
        using var weights = task.Checkpoint.Component(Unet).OpenWeights();
        return ContextRecovery.Of(CrossAttentionLayer.Of(weights).SelectMany(l => l.Weights).Select(name =>
        {
            var original = TensorConversion.Read(weights.Get(name));
            return (edits.FirstOrDefault(e => e.Component == Unet && e.Name == name) is { } edit ? edit.Stored(original.shape) : original, original);
        }));
    }
}
