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
/// Against an edited cross-attention: text states that lead it to the concept all the same, mapped to the target in the next solution. They come
/// in closed form, as RECE finds them (Gong et al., 2024, section 3.3), and from free embeddings in place of the name, which the text encoder
/// turns into states (textual inversion, Gal et al., 2023). A sentence counts as found when keys and values for such states are nearer to what
/// the base gave for the concept than to what it gave for the target.
/// </summary>
internal sealed class ContextOpponent : IEditOpponent
{
    private const string Unet = "unet";
    private readonly EditTask task;
    private readonly ImmutableArray<Sentence> rows;
    private readonly AttackModel model;
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
            .. plans[0].OldPositions.Zip(plans[0].NewPositions).GroupBy(p => p.First.Prompt).Select(sentence => new Sentence(
                prompts[sentence.Key],
                [.. sentence.Select(p => (long)p.First.Position)],
                KeyRows.Of(texts[0]!.States, [.. sentence.Select(p => p.First)]).DetachFromDisposeScope(),
                KeyRows.Of(texts[1]!.States, [.. sentence.Select(p => p.Second)]).DetachFromDisposeScope())),
        ];
        model = AttackModel.Of(task.Checkpoint);
    }

    /// <inheritdoc />
    public int Sentences => rows.Length;

    /// <inheritdoc />
    public ImmutableSortedDictionary<string, int> Attack(ImmutableArray<EditedTensor> edits, CancellationToken cancellation)
    {
        using var noGrad = no_grad();
        using var recovery = Recovery(edits);
        using var inversion = new EmbeddingAttacks(model with { Context = () => recovery }, new AttackBudget(InputSearch.InversionSteps, 1, 1, 0));
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var sentence in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            var states = recovery.Run(sentence.Old);
            if (recovery.Distance(states, sentence.Old) < recovery.Distance(states, sentence.Target)) Keep("closed-form", states, sentence);
            else states.Dispose();
            if (Invert(inversion, sentence, cancellation) is { } inverted) Keep("soft-prompt", inverted, sentence);
        }

        return counts.ToImmutableSortedDictionary(StringComparer.Ordinal);

        void Keep(string attack, Tensor keys, Sentence of)
        {
            found.Add((keys.DetachFromDisposeScope(), of.Target));
            counts[attack] = counts.GetValueOrDefault(attack) + 1;
        }
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
        foreach (var sentence in rows)
        {
            sentence.Old.Dispose();
            sentence.Target.Dispose();
        }

        foreach (var encoder in model.Encoders) encoder.Base.Dispose();
    }

    /// <summary>States of free embeddings at the sentence's positions [rows, d], float64; null when they come nearer to the target.</summary>
    private Tensor? Invert(EmbeddingAttacks inversion, Sentence sentence, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var prompt = sentence.Prompt;
        var subject = new AttackSubject(prompt.Old, prompt.OldSubject, prompt.NewSubject);
        if (inversion.Run("soft-prompt", subject, [subject], cancellation) is not { } result) return null;
        if (inversion.Nearest(result.Outputs, result.End, [prompt.Old, prompt.New]) != 0) return null;
        var states = cat([.. result.Outputs.Select(o => model.StatesOf(o)[0])], -1);
        return states.index_select(0, tensor(sentence.Positions.ToArray())).to(ScalarType.Float64).DetachFromDisposeScope();
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

    /// <summary>A sentence with a name: which positions count, their states, and those of the target in their place.</summary>
    private sealed record Sentence(EditPrompt Prompt, ImmutableArray<long> Positions, Tensor Old, Tensor Target);
}
