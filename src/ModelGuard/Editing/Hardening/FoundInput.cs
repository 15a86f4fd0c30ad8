using System.Collections.Immutable;
using static TorchSharp.torch;

namespace ModelGuard.Editing.Hardening;

/// <summary>An input that still leads an edited text encoder to a concept: a sentence with other embeddings in place of the concept's name.</summary>
/// <param name="Prompt">The sentence with the name and with its target.</param>
/// <param name="Embeddings">For each text encoder what stands in place of the name's tokens [tokens, width]: as many as the name has, or more.</param>
/// <param name="Attack">The attack that found it.</param>
internal sealed record FoundInput(EditPrompt Prompt, ImmutableArray<Tensor> Embeddings, string Attack) : IDisposable
{
    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var embedding in Embeddings) embedding.Dispose();
    }
}
