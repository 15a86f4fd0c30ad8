using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Sentences before the first layer, where a row depends on its token and its position alone: each pair stands here once, however many
/// sentences have it. Three hundred captions of 77 positions have some two thousand, and the first layer's projections are made of these.
/// Pairs are in their own order, so the rows do not depend on that of the sentences.
/// </summary>
internal sealed class DistinctRows : IDisposable
{
    // Sentences whose few queries go through attention together. Their own tokens stay below the size at which memory is given back and claimed anew.
    private const int Together = 8;

    // Rows that are embedded together.
    private const int Chunk = 512;

    // A position and the id that stands there as one number.
    private const long OfPosition = 1L << 40;
    private readonly Tensor rows;
    private readonly Tensor index;
    private readonly long[] numbers;
    private readonly int length;
    private AttentionInputs? inputs;

    private DistinctRows(Tensor rows, long[] numbers, int length)
    {
        (this.rows, this.numbers, this.length) = (rows.DetachFromDisposeScope(), numbers, length);
        index = tensor(numbers).view(-1, length).DetachFromDisposeScope();
    }

    /// <param name="embed">Ids [n] and the positions at which they stand [n] → their states before the first layer [n, width].</param>
    /// <param name="ids">Ids [n, positions], at least one sentence.</param>
    public static DistinctRows Of(Func<Tensor, Tensor, Tensor> embed, long[][] ids)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var positions = ids[0].Length;
        var all = new long[ids.Length * positions];
        for (var i = 0; i < all.Length; i++) all[i] = ((i % positions) * OfPosition) + ids[i / positions][i % positions];
        var pairs = Distinct(all);
        var states = cat([.. pairs.Chunk(Chunk).Select(chunk => embed(tensor(Array.ConvertAll(chunk, p => p % OfPosition)), tensor(Array.ConvertAll(chunk, p => p / OfPosition))))]);
        return new DistinctRows(states, Array.ConvertAll(all, p => (long)Array.BinarySearch(pairs, p)), positions);
    }

    /// <summary>Some of the sentences; fewer than <paramref name="count"/> at the end.</summary>
    public Sentences Part(int from, int count) => new(this, from, count);

    /// <summary>
    /// The input of the first layer's <c>out_proj</c> at some (sentence, position) pairs [pairs, width], in their order. Attention is computed
    /// for these alone: of the 77 positions of a sentence an edit asks for ten. Of what these look back on, the padding is the same in all
    /// sentences, and is not laid out for each.
    /// </summary>
    /// <param name="layer">The first layer.</param>
    /// <param name="first">The number here of the sentence that the pairs call 0.</param>
    /// <param name="picks">The pairs.</param>
    public Tensor HeadsAt(CLIPEncoderLayer layer, int first, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var scope = NewDisposeScope();
        var all = Inputs(layer);
        var found = empty([picks.Length, rows.shape[1]], dtype: rows.dtype);
        for (var (sentences, from) = (PickedSentence.Of(picks, first), 0); from < sentences.Length; from += Together)
        {
            using var batch = NewDisposeScope();
            AttendTo(sentences.AsSpan(from, Math.Min(Together, sentences.Length - from)), layer, all, found);
        }

        return found.MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        rows.Dispose();
        index.Dispose();
        inputs?.Dispose();
    }

    private static long[] Distinct(long[] numbers)
    {
        long[] sorted = [.. numbers];
        Array.Sort(sorted);
        var count = 0;
        foreach (var number in sorted)
        {
            if (count == 0 || sorted[count - 1] != number) sorted[count++] = number;
        }

        return sorted[..count];
    }

    // Loops over arrays: queries over pairs and triples of numbers have to be compiled in each process, which took longer than what they prepare.
    private void AttendTo(ReadOnlySpan<PickedSentence> sentences, CLIPEncoderLayer layer, AttentionInputs all, Tensor found)
    {
        var (count, end) = (0, 0);
        foreach (var sentence in sentences)
        {
            count = Math.Max(count, sentence.Positions.Count);
            // Attention looks back only: what stands behind the last position that is asked for does not matter.
            foreach (var position in sentence.Positions) end = Math.Max(end, position + 1);
        }

        var own = end;
        while (own > 1 && IsShared(sentences, own - 1)) own--;
        // A sentence that asks for fewer computes its first position again.
        var (prompts, positions) = (new long[sentences.Length], new long[sentences.Length * count]);
        List<long> taken = [], orders = [];
        for (var n = 0; n < sentences.Length; n++)
        {
            prompts[n] = sentences[n].Prompt;
            for (var i = 0; i < sentences[n].Positions.Count; i++)
            {
                positions[(n * count) + i] = sentences[n].Positions[i];
                taken.Add(((long)n * count) + i);
                orders.Add(sentences[n].Orders[i]);
            }
        }

        var (asked, tokens) = (tensor(positions).view(sentences.Length, count), index.index_select(0, tensor(prompts)));
        var (before, shared) = (tokens.narrow(1, 0, own), tensor(RowsOf(sentences[0])[own..end].ToArray()));
        var chosen = new AttentionInputs(AttentionInputs.Rows(all.Queries, tokens.gather(1, asked)), AttentionInputs.Rows(all.Keys, before), AttentionInputs.Rows(all.Values, before));
        var isAhead = arange(end).gt(asked.unsqueeze(2)).unsqueeze(1);
        var heads = layer.Attend(chosen, all.Keys.index_select(0, shared), all.Values.index_select(0, shared), zeros(isAhead.shape, dtype: rows.dtype).masked_fill_(isAhead, double.NegativeInfinity)).flatten(0, 1);
        found.index_copy_(0, tensor(orders.ToArray()), heads.index_select(0, tensor(taken.ToArray())));
    }

    private bool IsShared(ReadOnlySpan<PickedSentence> sentences, int position)
    {
        foreach (var sentence in sentences)
        {
            if (RowsOf(sentence)[position] != RowsOf(sentences[0])[position]) return false;
        }

        return true;
    }

    private ReadOnlySpan<long> RowsOf(PickedSentence sentence) => numbers.AsSpan(sentence.Prompt * length, length);

    private Tensor Index(int from, int count) => index.narrow(0, from, Math.Min(count, index.shape[0] - from));

    private AttentionInputs Inputs(CLIPEncoderLayer layer)
    {
        if (inputs is not null) return inputs;
        inputs = layer.Inputs(rows);
        foreach (var tensor in new[] { inputs.Queries, inputs.Keys, inputs.Values }) tensor.DetachFromDisposeScope();
        return inputs;
    }

    /// <summary>Some of the sentences of one table.</summary>
    internal readonly struct Sentences(DistinctRows table, int from, int count)
    {
        /// <summary>The state before the first layer [n, positions, width].</summary>
        public Tensor State()
        {
            using var picks = table.Index(from, count);
            return AttentionInputs.Rows(table.rows, picks);
        }

        /// <summary>The input of the first layer's <c>out_proj</c> [n, positions, width].</summary>
        public Tensor Heads(CLIPEncoderLayer first)
        {
            using var scope = NewDisposeScope();
            var chosen = table.Inputs(first).Select(table.Index(from, count));
            return first.Attend(chosen, CLIPTextTransformer.CausalMask(chosen.Queries)).MoveToOuterDisposeScope();
        }
    }
}
