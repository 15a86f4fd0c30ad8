using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Pipeline;

/// <summary>What the UNet is told about prompts: encoded text, one row each.</summary>
/// <param name="States">Text states [n, tokens, width].</param>
/// <param name="Pooled">Pooled text [n, projection]; null for families without.</param>
public sealed record PromptStates(Tensor States, Tensor? Pooled = null)
{
    /// <summary>Some rows, in the order of their numbers.</summary>
    public PromptStates Rows(IEnumerable<long> rows)
    {
        using var index = tensor(rows.ToArray(), device: States.device);
        return new PromptStates(States.index_select(0, index), Pooled?.index_select(0, index));
    }

    /// <summary>Rows below each other.</summary>
    public static PromptStates Concatenate(IReadOnlyList<PromptStates> parts) =>
        new(cat([.. parts.Select(p => p.States)]), parts[0].Pooled is null ? null : cat([.. parts.Select(p => p.Pooled!)]));

    /// <summary>This row for each of <paramref name="count"/> pictures, then the rows of <paramref name="other"/>.</summary>
    internal PromptStates RepeatedBefore(PromptStates other, int count) => Concatenate(
        [new PromptStates(States.expand(count, -1, -1), Pooled?.expand(count, -1)), other]);
}
