using ModelGuard.Diffusion.Text;
using Shapes.Training.World;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>Captions to ids, each text tokenised once.</summary>
internal sealed class CaptionCodec(CLIPTokenizer tokenizer)
{
    private readonly Dictionary<string, (long[] Ids, long[] Mask)> known = new(StringComparer.Ordinal);

    /// <summary>Ids and mask, each [n, positions].</summary>
    public (Tensor Ids, Tensor Mask) Encode(IReadOnlyList<Caption> captions)
    {
        var encoded = captions.Select(c => Encode(c.Text)).ToArray();
        return (Stack(encoded.Select(e => e.Ids)), Stack(encoded.Select(e => e.Mask)));

        Tensor Stack(IEnumerable<long[]> rows) => tensor(rows.SelectMany(r => r).ToArray()).view(captions.Count, -1);
    }

    private (long[] Ids, long[] Mask) Encode(string text)
    {
        if (known.TryGetValue(text, out var found)) return found;
        long[] ids = [.. tokenizer.Encode(text)];
        var tokens = tokenizer.TokenizeToIds(text).Length + 2;
        if (tokens > tokenizer.MaxLength) throw new InvalidOperationException($"The caption '{text}' takes {tokens} tokens, more than the {tokenizer.MaxLength} positions of the towers.");
        return known[text] = (ids, [.. ids.Select((_, i) => i < tokens ? 1L : 0L)]);
    }
}
