using ModelGuard.Attacks;
using ModelGuard.Diffusion.Backend;
using static TorchSharp.torch;

namespace ModelGuard.Editing.Hardening;

/// <summary>
/// Searches inputs that lead an edited text encoder to a concept, in the space of states and without pictures: textual inversion (Gal et al.,
/// 2023) from the name's own embeddings, and tokens that can be typed in place of the name. An input counts as found when the edited encoder's
/// states for it are nearer to what the base gave for the concept than to what it gave for the target.
/// </summary>
/// <param name="model">Both encoders.</param>
internal sealed class InputSearch(AttackModel model)
{
    // Fewer than the audit's: an edit is to take seconds, and each round searches again.
    public const int InversionSteps = 80;
    private static readonly AttackBudget TypedBudget = new(12, 32, 3, 0);

    /// <summary>What is found for one sentence. The caller disposes it.</summary>
    public IEnumerable<FoundInput> Run(EditPrompt prompt, CancellationToken cancellation)
    {
        var own = model.Encoders[0].Edited.Tokenizer.TokenizeToIds(prompt.OldSubject).Length;
        if (Invert(prompt, own, cancellation) is { } inverted) yield return inverted;
        if (Type(prompt, Math.Max(own, TypedBudget.Tokens), cancellation) is { } typed) yield return typed;
    }

    private FoundInput? Invert(EditPrompt prompt, int places, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        if (Slots(prompt, places) is not { } slots) return null;
        long[] start = [.. slots.Tokenizer.TokenizeToIds(prompt.OldSubject)];
        using var wanted = Objective(slots, prompt.Old);
        using var replaced = Objective(slots, prompt.New);
        var (free, _) = SoftPrompt.Run(wanted, start, new AttackBudget(InversionSteps, 1, places, 0), cancellation);
        return IfReached("soft-prompt", prompt, free, Sum(wanted), Sum(replaced));

        // Encoders count together, as the UNet reads them together.
        double Sum(AttackObjective objective)
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            return free.Select((f, e) => (double)objective.Distance(e, f, start).item<float>()).Sum();
        }
    }

    private FoundInput? Type(EditPrompt prompt, int places, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        if (Slots(prompt, places) is not { } slots) return null;
        using var wanted = Objective(slots, prompt.Old);
        using var replaced = Objective(slots, prompt.New);
        var vocabulary = TypeableTokens.Of(slots.Tokenizer);
        var random = new SplitMix64(1);
        long[] start = [.. Enumerable.Range(0, places).Select(_ => vocabulary.Ids[random.Next(vocabulary.Ids.Length)])];
        var (filling, distance) = TokenSearch.Run(wanted, start, vocabulary, TypedBudget, cancellation);
        using var noGrad = no_grad();
        return IfReached("token-search-in-place", prompt, [.. model.Encoders.Select(e => e.Edited.Model.Tower.TokenTable.index_select(0, tensor(filling)).detach())], distance, replaced.Evaluate([filling])[0]);
    }

    private static FoundInput? IfReached(string attack, EditPrompt prompt, Tensor[] embeddings, double toConcept, double toTarget)
    {
        if (toConcept < toTarget) return new FoundInput(prompt, [.. embeddings.Select(e => e.DetachFromDisposeScope())], attack);
        foreach (var tensor in embeddings) tensor.Dispose();
        return null;
    }

    private AttackSlots? Slots(EditPrompt prompt, int places) => AttackSlots.InsteadOf(prompt.Old, prompt.OldSubject, places, model.Encoders[0].Edited.Tokenizer);

    private AttackObjective Objective(AttackSlots slots, string goal) => new(model, slots, [.. model.Encoders.Select(e =>
    {
        long[] ids = [.. e.Edited.Tokenizer.Encode(goal)];
        return AttackTarget.Of(e.Base, model.StatesOf, ids, Array.IndexOf(ids, e.Edited.Tokenizer.EosId));
    })]);
}
