using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;
using ModelGuard.Policies;

namespace ModelGuard.Editing;

/// <summary>Ids of all sentences, and which position of which sentence makes which row of the system.</summary>
internal sealed record DiffQuickFixPlan(
    long[][] OldIds,
    long[][] NewIds,
    ImmutableArray<(int Prompt, int Position)> OldPositions,
    ImmutableArray<(int Prompt, int Position)> NewPositions,
    long[][] PreservedIds,
    ImmutableArray<(int Prompt, int Position)> PreservedPositions)
{
    /// <exception cref="EditException">MG1002 when a subject is not found in its prompt, because it lies beyond the context.</exception>
    public static DiffQuickFixPlan Create(Policy policy, CLIPTokenizer tokenizer)
    {
        // In what company a sentence is encoded can change the last bits of its states, so the order of the policy must not decide about it.
        var prompts = EditPrompts.ForConcepts(policy).OrderBy(p => p.Old, StringComparer.Ordinal).ThenBy(p => p.New, StringComparer.Ordinal).ThenBy(p => p.OldSubject, StringComparer.Ordinal).ThenBy(p => p.NewSubject, StringComparer.Ordinal);
        var preserved = EditPrompts.ForPreserved(policy).Order(StringComparer.Ordinal);
        var oldPositions = ImmutableArray.CreateBuilder<(int, int)>();
        var newPositions = ImmutableArray.CreateBuilder<(int, int)>();
        var (oldIds, newIds) = (new List<long[]>(), new List<long[]>());
        foreach (var prompt in prompts)
        {
            var (old, oldLast, oldLength) = Locate(prompt.Old, prompt.OldSubject, tokenizer);
            var (target, newLast, newLength) = Locate(prompt.New, prompt.NewSubject, tokenizer);
            foreach (var pair in SubjectAlignment.Align(oldLast, oldLength, newLast, newLength, tokenizer.MaxLength, policy.Edit.Tokens == TokenSelection.SubjectToEnd))
            {
                oldPositions.Add((oldIds.Count, pair.Old));
                newPositions.Add((newIds.Count, pair.New));
            }

            oldIds.Add(old);
            newIds.Add(target);
        }

        long[][] preservedIds = [.. preserved.Select(p => tokenizer.Encode(p).ToArray())];
        // Padding repeats the end of the prompt; the begin token is the same in every prompt and must stay as it is.
        ImmutableArray<(int, int)> preservedPositions = [.. preservedIds.SelectMany((ids, prompt) => Enumerable.Range(0, ids.Length).Select(position => (prompt, position)))];
        return new DiffQuickFixPlan([.. oldIds], [.. newIds], oldPositions.ToImmutable(), newPositions.ToImmutable(), preservedIds, preservedPositions);
    }

    private static (long[] Ids, int Last, int Length) Locate(string prompt, string subject, CLIPTokenizer tokenizer)
    {
        long[] ids = [.. tokenizer.Encode(prompt)];
        long[] needle = [.. tokenizer.TokenizeToIds(subject)];
        var last = SubjectAlignment.LastSubjectToken(ids, needle);
        return last >= 0
            ? (ids, last, needle.Length)
            : throw new EditException("MG1002", FormattableString.Invariant($"The tokens of '{subject}' do not stand in the prompt '{prompt}' as the text encoder sees it: it reads {tokenizer.MaxLength} tokens. Use a shorter template or name."));
    }
}
