using System.Collections.Immutable;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Attacks;

/// <summary>Tokens that are whole words: written as text they are read as themselves, so that a prompt that is found can be typed.</summary>
/// <param name="Ids">Their ids, ascending.</param>
internal sealed record TypeableTokens(ImmutableArray<long> Ids)
{
    /// <summary>Those of a tokenizer.</summary>
    public static TypeableTokens Of(CLIPTokenizer tokenizer) =>
        new([.. Enumerable.Range(0, tokenizer.VocabSize).Select(i => (long)i).Where(id => id != tokenizer.BosId && id != tokenizer.EosId && id != tokenizer.PadId && IsWhole(id, tokenizer))]);

    private static bool IsWhole(long id, CLIPTokenizer tokenizer)
    {
        var text = tokenizer.Describe(id);
        return text.Length > 0 && tokenizer.TokenizeToIds(text) is [var only] && only == id;
    }
}
