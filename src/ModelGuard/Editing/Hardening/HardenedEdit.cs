using System.Collections.Immutable;
using ModelGuard.Policies;

namespace ModelGuard.Editing.Hardening;

/// <summary>What came of one round.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Searched">Sentences in which each attack searched.</param>
/// <param name="Found">For each attack that succeeded, in how many of these it found an input that leads to the concept.</param>
/// <param name="WorstDrift">The largest drift of a preserved prompt in the solution with these inputs; null when nothing is preserved, or nothing was found.</param>
/// <param name="Outcome">What was done.</param>
public sealed record HardeningRound(int Number, int Searched, ImmutableSortedDictionary<string, int> Found, double? WorstDrift, HardeningOutcome Outcome);

/// <summary>How a round ended.</summary>
public enum HardeningOutcome
{
    /// <summary>Nothing was found: the edit holds, and no further round is made.</summary>
    Held,

    /// <summary>The inputs went into the system, and it was solved again.</summary>
    Solved,

    /// <summary>With the inputs a preserved prompt would drift too far, so the solution before stays.</summary>
    GivenUp,
}

/// <summary>
/// Edits that are solved again on what attacks find against them (<c>edit.harden</c>): adversarial training in closed form, as RECE (Gong et
/// al., 2024) does for cross-attention. It ends when nothing is found, when a preserved prompt would drift too far, or after the rounds that
/// the policy allows.
/// </summary>
internal static class HardenedEdit
{
    // A policy without a limit is held to twice the drift of its plain edit.
    private const double DriftGrowth = 2;
    private const int Sentences = 4;

    /// <summary>The hardened edit; the task is told of the rounds. A text encoder is attacked by searches, the cross-attention in closed form and by free embeddings.</summary>
    /// <param name="task">The edit, with at least one round.</param>
    /// <param name="solve">The method.</param>
    public static ImmutableArray<EditedTensor> Solve(EditTask task, Func<EditTask, ImmutableArray<EditedTensor>> solve)
    {
        var edits = solve(task);
        var limit = task.Policy.Edit.MaxDrift ?? (Drift(edits) * DriftGrowth);
        ImmutableArray<EditPrompt> prompts = [.. Prompts(task)];
        using IEditOpponent opponent = PolicyWords.CrossAttentionMethods.Contains(task.Policy.Edit.Method) ? new ContextOpponent(task, prompts) : new EncoderOpponent(task, prompts);
        for (var number = 1; number <= task.Policy.Edit.Harden; number++)
        {
            var found = opponent.Attack(edits, task.Cancellation);
            if (found.IsEmpty)
            {
                task.Hardening?.Invoke(new HardeningRound(number, opponent.Sentences, found, null, HardeningOutcome.Held));
                break;
            }

            var next = solve(opponent.Harder(task));
            var drift = Drift(next);
            var isWithin = drift is null || drift <= limit;
            task.Hardening?.Invoke(new HardeningRound(number, opponent.Sentences, found, drift, isWithin ? HardeningOutcome.Solved : HardeningOutcome.GivenUp));
            if (!isWithin) break;
            edits = next;
        }

        return edits;
    }

    private static double? Drift(ImmutableArray<EditedTensor> edits) => PromptDrifts.Worst(edits) is { IsEmpty: false } drifts ? drifts.Max(d => d.Drift) : null;

    // In the order of the sentences, so that the order of the policy does not decide about the rows.
    private static IEnumerable<EditPrompt> Prompts(EditTask task) =>
        EditPrompts.ForConcepts(task.Policy).GroupBy(p => p.OldSubject, StringComparer.Ordinal).SelectMany(g => g.Take(Sentences)).OrderBy(p => p.Old, StringComparer.Ordinal).ThenBy(p => p.New, StringComparer.Ordinal);
}
