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
    private readonly Tensor rows;
    private readonly Tensor index;
    private AttentionInputs? inputs;

    private DistinctRows(Tensor rows, Tensor index) => (this.rows, this.index) = (rows.DetachFromDisposeScope(), index.DetachFromDisposeScope());

    /// <param name="embed">Ids [n] and the positions at which they stand [n] → their states before the first layer [n, width].</param>
    /// <param name="ids">Ids [n, positions], at least one sentence.</param>
    public static DistinctRows Of(Func<Tensor, Tensor, Tensor> embed, long[][] ids)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var pairs = ids.SelectMany(Pairs).Distinct().Order().ToArray();
        var numbers = pairs.Select((pair, i) => (pair, i)).ToDictionary(p => p.pair, p => (long)p.i);
        var states = cat([.. pairs.Chunk(Chunk).Select(chunk => embed(tensor(chunk.Select(p => p.Id).ToArray()), tensor(chunk.Select(p => (long)p.Position).ToArray())))]);
        return new DistinctRows(states, tensor(ids.SelectMany(Pairs).Select(p => numbers[p]).ToArray()).view(ids.Length, -1));

        static IEnumerable<(int Position, long Id)> Pairs(long[] sentence) => sentence.Select((id, position) => (position, id));
    }

    /// <summary>Some of the sentences; fewer than <paramref name="count"/> at the end.</summary>
    public Sentences Part(int from, int count) => new(this, from, count);

    /// <summary>
    /// The input of the first layer's <c>out_proj</c> at some (sentence, position) pairs [pairs, width], in their order. Attention is computed
    /// for these alone: of the 77 positions of a sentence an edit asks for ten. Of what these look back on, the padding is the same in all
    /// sentences, and is not laid out for each.
    /// </summary>
    public Tensor HeadsAt(CLIPEncoderLayer first, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var scope = NewDisposeScope();
        var all = Inputs(first);
        var rowOf = index.data<long>().ToArray();
        var length = checked((int)index.shape[1]);
        var found = empty([picks.Length, rows.shape[1]], dtype: rows.dtype);
        foreach (var sentences in picks.Select((p, i) => (p.Prompt, p.Position, Order: (long)i)).GroupBy(p => p.Prompt).Select(g => (Prompt: g.Key, Wanted: g.ToArray())).Chunk(Together))
        {
            using var batch = NewDisposeScope();
            // Attention looks back only: what stands behind the last position that is asked for does not matter.
            var (count, end) = (sentences.Max(s => s.Wanted.Length), sentences.Max(s => s.Wanted.Max(w => w.Position)) + 1);
            var own = end;
            while (own > 1 && Array.TrueForAll(sentences, s => rowOf[(s.Prompt * length) + own - 1] == rowOf[(sentences[0].Prompt * length) + own - 1])) own--;
            // A sentence that asks for fewer computes its first position again.
            var positions = tensor(sentences.SelectMany(s => Enumerable.Range(0, count).Select(i => i < s.Wanted.Length ? (long)s.Wanted[i].Position : 0)).ToArray()).view(sentences.Length, count);
            var tokens = index.index_select(0, tensor(sentences.Select(s => (long)s.Prompt).ToArray()));
            var (before, shared) = (tokens.narrow(1, 0, own), tensor(rowOf.AsSpan((sentences[0].Prompt * length) + own, end - own).ToArray()));
            var chosen = new AttentionInputs(AttentionInputs.Rows(all.Queries, tokens.gather(1, positions)), AttentionInputs.Rows(all.Keys, before), AttentionInputs.Rows(all.Values, before));
            var isAhead = arange(end).gt(positions.unsqueeze(2)).unsqueeze(1);
            var heads = first.Attend(chosen, all.Keys.index_select(0, shared), all.Values.index_select(0, shared), zeros(isAhead.shape, dtype: rows.dtype).masked_fill_(isAhead, double.NegativeInfinity)).flatten(0, 1);
            var taken = heads.index_select(0, tensor(sentences.SelectMany((s, n) => s.Wanted.Select((_, i) => ((long)n * count) + i)).ToArray()));
            found.index_copy_(0, tensor(sentences.SelectMany(s => s.Wanted.Select(w => w.Order)).ToArray()), taken);
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
