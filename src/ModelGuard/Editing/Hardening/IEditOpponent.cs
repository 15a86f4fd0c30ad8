using System.Collections.Immutable;

namespace ModelGuard.Editing.Hardening;

/// <summary>Looks for what still leads to a concept after an edit, and makes rows of it for the next one.</summary>
internal interface IEditOpponent : IDisposable
{
    /// <summary>Sentences in which each attack searches.</summary>
    int Sentences { get; }

    /// <summary>Attacks an edit; what is found is kept.</summary>
    /// <returns>For each attack that succeeded, in how many sentences.</returns>
    ImmutableSortedDictionary<string, int> Attack(ImmutableArray<EditedTensor> edits, CancellationToken cancellation);

    /// <summary>The task with all that was found so far.</summary>
    EditTask Harder(EditTask task);
}
