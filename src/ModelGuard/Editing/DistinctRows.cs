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
    // Sentences whose few queries go through attention together.
    private const int Batch = 32;
    private readonly Tensor rows;
    private readonly Tensor index;
    private AttentionInputs? inputs;

    private DistinctRows(Tensor rows, Tensor index) => (this.rows, this.index) = (rows.DetachFromDisposeScope(), index.DetachFromDisposeScope());

    /// <param name="embed">Ids [n, positions] → the state before the first layer.</param>
    /// <param name="ids">Ids [n, positions], at least one sentence.</param>
    public static DistinctRows Of(Func<Tensor, Tensor> embed, long[][] ids)
    {
        using var scope = NewDisposeScope();
        var numbers = ids.SelectMany(Pairs).Distinct().Order().Select((pair, i) => (pair, i)).ToDictionary(p => p.pair, p => (long)p.i);
        var (seen, parts, order) = (new HashSet<(int Position, long Id)>(), new List<Tensor>(), new List<long>());
        foreach (var chunk in ids.Chunk(KeyReader.Batch))
        {
            using var batch = NewDisposeScope();
            var fresh = chunk.SelectMany(Pairs).Select((pair, i) => (Pair: pair, Row: (long)i)).Where(p => seen.Add(p.Pair)).ToArray();
            if (fresh.Length == 0) continue;
            var states = embed(tensor(chunk.SelectMany(i => i).ToArray()).view(chunk.Length, -1)).flatten(0, 1);
            parts.Add(states.index_select(0, tensor(fresh.Select(f => f.Row).ToArray())).MoveToOuterDisposeScope());
            order.AddRange(fresh.Select(f => numbers[f.Pair]));
        }

        // The parts are in the order of first appearance.
        var found = cat(parts);
        return new DistinctRows(empty_like(found).index_copy_(0, tensor(order.ToArray()), found), tensor(ids.SelectMany(Pairs).Select(p => numbers[p]).ToArray()).view(ids.Length, -1));

        static IEnumerable<(int Position, long Id)> Pairs(long[] sentence) => sentence.Select((id, position) => (position, id));
    }

    /// <summary>Some of the sentences; fewer than <paramref name="count"/> at the end.</summary>
    public Sentences Part(int from, int count) => new(this, from, count);

    /// <summary>
    /// The input of the first layer's <c>out_proj</c> at some (sentence, position) pairs [pairs, width], in their order. Attention is computed
    /// for these alone: of the 77 positions of a sentence an edit asks for ten.
    /// </summary>
    public Tensor HeadsAt(CLIPEncoderLayer first, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var scope = NewDisposeScope();
        var all = Inputs(first);
        var (parts, order) = (new List<Tensor>(), new List<long>());
        foreach (var sentences in picks.Select((p, i) => (p.Prompt, p.Position, Order: (long)i)).GroupBy(p => p.Prompt).Select(g => (Prompt: g.Key, Wanted: g.ToArray())).Chunk(Batch))
        {
            using var batch = NewDisposeScope();
            var count = sentences.Max(s => s.Wanted.Length);
            // A sentence that asks for fewer computes its first position again.
            var positions = tensor(sentences.SelectMany(s => Enumerable.Range(0, count).Select(i => i < s.Wanted.Length ? (long)s.Wanted[i].Position : 0)).ToArray()).view(sentences.Length, count);
            var tokens = index.index_select(0, tensor(sentences.Select(s => (long)s.Prompt).ToArray()));
            var chosen = all.Select(tokens) with { Queries = AttentionInputs.Rows(all.Queries, tokens.gather(1, positions)) };
            var isAhead = arange(tokens.shape[1]).gt(positions.unsqueeze(2)).unsqueeze(1);
            var heads = first.Attend(chosen, zeros(isAhead.shape, dtype: rows.dtype).masked_fill_(isAhead, double.NegativeInfinity)).flatten(0, 1);
            parts.Add(heads.index_select(0, tensor(sentences.SelectMany((s, n) => s.Wanted.Select((_, i) => ((long)n * count) + i)).ToArray())).MoveToOuterDisposeScope());
            order.AddRange(sentences.SelectMany(s => s.Wanted.Select(w => w.Order)));
        }

        var found = cat(parts);
        return empty_like(found).index_copy_(0, tensor(order.ToArray()), found).MoveToOuterDisposeScope();
    }

    /// <summary>The same rows, to be disposed by themselves.</summary>
    public DistinctRows Fork() => new(rows.alias(), index.alias());

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
