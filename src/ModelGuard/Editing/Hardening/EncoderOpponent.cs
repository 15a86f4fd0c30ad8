using System.Collections.Immutable;

namespace ModelGuard.Editing.Hardening;

/// <summary>Against an edited text encoder: inputs that lead it to the concept all the same.</summary>
/// <param name="task">The edit.</param>
/// <param name="prompts">Sentences with a name and with its target.</param>
internal sealed class EncoderOpponent(EditTask task, ImmutableArray<EditPrompt> prompts) : IEditOpponent
{
    private readonly EncoderPair pair = new(task.Checkpoint);
    private readonly List<FoundInput> inputs = [];

    /// <inheritdoc />
    public int Sentences => prompts.Length;

    /// <inheritdoc />
    public ImmutableSortedDictionary<string, int> Attack(ImmutableArray<EditedTensor> edits, CancellationToken cancellation)
    {
        pair.Take(edits);
        var search = new InputSearch(pair.Model);
        var before = inputs.Count;
        foreach (var prompt in prompts)
        {
            cancellation.ThrowIfCancellationRequested();
            inputs.AddRange(search.Run(prompt, cancellation));
        }

        return inputs.Skip(before).CountBy(i => i.Attack, StringComparer.Ordinal).ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <inheritdoc />
    public EditTask Harder(EditTask of) => of with { Findings = new Findings([.. inputs]) };

    /// <inheritdoc />
    public void Dispose()
    {
        inputs.ForEach(i => i.Dispose());
        pair.Dispose();
    }
}
