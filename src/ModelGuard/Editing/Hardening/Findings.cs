using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Editing.Hardening;

/// <summary>
/// What was found against earlier solutions. In the sentences of an edit each free embedding is a token of its own, with an id behind the
/// vocabulary's, so that it goes through the text encoder and into the system as any other.
/// </summary>
/// <param name="Inputs">Inputs, in the order in which they were found.</param>
internal sealed record Findings(ImmutableArray<FoundInput> Inputs)
{
    /// <summary>Nothing.</summary>
    public static Findings None { get; } = new([]);

    /// <summary>All embeddings for one text encoder [tokens, width]; null for none.</summary>
    public Tensor? Embeddings(int encoder) => Inputs.IsEmpty ? null : cat([.. Inputs.Select(i => i.Embeddings[encoder])]);

    /// <summary>A plan with rows for the inputs: each is to lead where the target leads.</summary>
    /// <param name="plan">The rows of the policy.</param>
    /// <param name="tokens">Which positions take part.</param>
    /// <param name="tokenizer">The encoder's tokenizer.</param>
    /// <param name="vocabulary">Number of its ids; the next one belongs to the first free embedding.</param>
    public EditPlan AddTo(EditPlan plan, TokenSelection tokens, CLIPTokenizer tokenizer, long vocabulary)
    {
        if (Inputs.IsEmpty) return plan;
        var (oldIds, newIds) = (plan.OldIds.ToList(), plan.NewIds.ToList());
        var (oldPositions, newPositions) = (plan.OldPositions.ToBuilder(), plan.NewPositions.ToBuilder());
        var next = vocabulary;
        foreach (var input in Inputs)
        {
            var (old, target) = (EditPlan.Locate(input.Prompt.Old, input.Prompt.OldSubject, tokenizer), EditPlan.Locate(input.Prompt.New, input.Prompt.NewSubject, tokenizer));
            var places = checked((int)input.Embeddings[0].shape[0]);
            var first = old.Last - old.Length + 1;
            // More places than the name has tokens push the rest of the sentence on.
            long[] ids = [.. old.Ids[..first], .. Enumerable.Range(0, places).Select(_ => next++), .. old.Ids[(old.Last + 1)..], .. Enumerable.Repeat(tokenizer.PadId, old.Length)];
            foreach (var pair in SubjectAlignment.Align(first + places - 1, places, target.Last, target.Length, tokenizer.MaxLength, old.End + places - old.Length, tokens == TokenSelection.SubjectToEnd))
            {
                oldPositions.Add((oldIds.Count, pair.Old));
                newPositions.Add((newIds.Count, pair.New));
            }

            oldIds.Add(ids[..tokenizer.MaxLength]);
            newIds.Add(target.Ids);
        }

        return plan with { OldIds = [.. oldIds], NewIds = [.. newIds], OldPositions = oldPositions.ToImmutable(), NewPositions = newPositions.ToImmutable() };
    }
}
