using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Attacks;

/// <summary>A prompt with places that an attack fills: tokens in front of it, or in place of the concept's name.</summary>
/// <param name="Before">Ids in front of the places, the begin token first.</param>
/// <param name="Count">Number of places.</param>
/// <param name="After">Ids behind them, without end token.</param>
/// <param name="Tokenizer">The tokenizer.</param>
internal sealed record AttackSlots(ImmutableArray<long> Before, int Count, ImmutableArray<long> After, CLIPTokenizer Tokenizer)
{
    /// <summary>Position of the end token.</summary>
    public int End => Before.Length + Count + After.Length;

    /// <summary>Places in front of a prompt.</summary>
    /// <returns>Null when the text encoder does not read so far.</returns>
    public static AttackSlots? InFrontOf(string prompt, int count, CLIPTokenizer tokenizer) => Fitting(new AttackSlots([tokenizer.BosId], count, tokenizer.TokenizeToIds(prompt), tokenizer));

    /// <summary>Places instead of a name, at its last occurrence.</summary>
    /// <returns>Null when the name is not in the prompt, or the text encoder does not read so far.</returns>
    public static AttackSlots? InsteadOf(string prompt, string name, int count, CLIPTokenizer tokenizer)
    {
        var (ids, needle) = (tokenizer.TokenizeToIds(prompt), tokenizer.TokenizeToIds(name));
        var start = needle.IsEmpty ? -1 : ids.AsSpan().LastIndexOf(needle.AsSpan());
        return start < 0 ? null : Fitting(new AttackSlots([tokenizer.BosId, .. ids[..start]], count, ids[(start + needle.Length)..], tokenizer));
    }

    /// <summary>Padded ids of a filling [tokens].</summary>
    public long[] Fill(IReadOnlyList<long> filling) =>
        [.. Before, .. filling, .. After, Tokenizer.EosId, .. Enumerable.Repeat(Tokenizer.PadId, Tokenizer.MaxLength - End - 1)];

    /// <summary>The prompt as text, if reading it gives the same ids again; null for one that nobody can type.</summary>
    public string? ToText(IReadOnlyList<long> filling)
    {
        long[] ids = [.. Before.Skip(1), .. filling, .. After];
        var text = Tokenizer.Decode(ids);
        return Tokenizer.TokenizeToIds(text).AsSpan().SequenceEqual(ids) ? text : null;
    }

    private static AttackSlots? Fitting(AttackSlots slots) => slots.End < slots.Tokenizer.MaxLength ? slots : null;
}
