using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>The weights of a text encoder layer that an edit can change.</summary>
internal enum EncoderSite
{
    /// <summary><c>self_attn.out_proj</c>; its keys are the concatenated heads of the attention.</summary>
    OutProj,

    /// <summary><c>mlp.fc2</c>; its keys are the activations inside the MLP.</summary>
    Fc2,
}

/// <summary>
/// Sentences on their way through a text encoder, layer by layer. On the way it reads keys: the inputs of a layer's <c>out_proj</c> or
/// <c>fc2</c>. No layer is computed twice.
/// </summary>
internal sealed class KeyReader : IDisposable
{
    /// <summary>Sentences that go through a layer together; more only takes memory.</summary>
    public const int Batch = 4;

    private readonly DistinctRows rows;
    private readonly bool ownsRows;
    private readonly int first;
    private readonly List<Stage> stages;
    private bool isAtStart = true;

    /// <param name="embed">Ids [n] and the positions at which they stand [n] → their states before the first layer [n, width].</param>
    /// <param name="ids">Ids [n, positions], at least one sentence.</param>
    public KeyReader(Func<Tensor, Tensor, Tensor> embed, long[][] ids)
        : this(DistinctRows.Of(embed, ids), 0, ids.Length) => ownsRows = true;

    /// <param name="rows">A table that other readers use, too; it must outlive them.</param>
    /// <param name="first">The first of the reader's sentences in it.</param>
    /// <param name="count">How many these are.</param>
    public KeyReader(DistinctRows rows, int first, int count)
    {
        (this.rows, this.first) = (rows, first);
        stages = [.. Enumerable.Range(0, count).Chunk(Batch).Select(chunk => new Stage(rows.Part(first + chunk[0], chunk.Length)))];
    }

    private KeyReader(KeyReader of) => (rows, first, stages, isAtStart) = (of.rows, of.first, [.. of.stages.Select(s => s.Fork())], of.isAtStart);

    /// <summary>The state before the layer that comes next [n, positions, width].</summary>
    public Tensor State()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return cat([.. stages.Select(s => s.State())]).MoveToOuterDisposeScope();
    }

    /// <summary>Keys [n, positions, width of the site] of the layer that comes next, in its type.</summary>
    public Tensor Read(CLIPEncoderLayer layer, EncoderSite site = EncoderSite.OutProj)
    {
        using var noGrad = no_grad();
        return cat([.. stages.Select(s => s.Keys(layer, site))]);
    }

    /// <summary>Keys of some (sentence, position) pairs [pairs, width of the site], in their order; of the rest no copy is made.</summary>
    public Tensor Read(CLIPEncoderLayer layer, EncoderSite site, ImmutableArray<(int Prompt, int Position)> picks)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        if (isAtStart && site == EncoderSite.OutProj) return rows.HeadsAt(layer, first, picks).MoveToOuterDisposeScope();
        var byStage = picks.Select((p, i) => (p.Prompt, p.Position, Order: (long)i)).ToLookup(p => p.Prompt / Batch);
        var found = cat([.. byStage.Select(wanted =>
        {
            using var batch = NewDisposeScope();
            return KeyRows.Of(stages[wanted.Key].KeysOnce(layer, site), [.. wanted.Select(p => (p.Prompt % Batch, p.Position))]).MoveToOuterDisposeScope();
        })]);
        return empty_like(found).index_copy_(0, tensor(byStage.SelectMany(w => w.Select(p => p.Order)).ToArray()), found).MoveToOuterDisposeScope();
    }

    /// <summary>Σ k kᵀ [d, d] over all positions of all sentences, at the layer that comes next, batch by batch.</summary>
    public Tensor Moment(CLIPEncoderLayer layer, EncoderSite site)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        foreach (var stage in stages)
        {
            using var batch = NewDisposeScope();
            var keys = stage.KeysOnce(layer, site).flatten(0, 1);
            var moment = matmul(keys.t(), keys);
            sum = (sum is null ? moment : sum.add_(moment)).MoveToOuterDisposeScope();
        }

        return sum!.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the keys of the layer that comes next and keeps them, so that <see cref="Pass"/> needs only the weights that come after them.</summary>
    public void Prepare(CLIPEncoderLayer layer, EncoderSite site)
    {
        using var noGrad = no_grad();
        foreach (var stage in stages) stage.Keys(layer, site);
    }

    /// <summary>Takes the sentences through the layer, with the weights that it has at this moment.</summary>
    public void Pass(CLIPEncoderLayer layer)
    {
        using var noGrad = no_grad();
        isAtStart = false;
        foreach (var stage in stages) stage.Pass(layer);
    }

    /// <summary>The same sentences at the same place, to go on by themselves; of the same table, which this one must not outlive.</summary>
    public KeyReader Fork() => new(this);

    /// <inheritdoc />
    public void Dispose()
    {
        stages.ForEach(s => s.Dispose());
        if (ownsRows) rows.Dispose();
    }

    /// <summary>Sentences that go together: <paramref name="start"/> is where they came from, <paramref name="hidden"/> where they are behind the first layer.</summary>
    private sealed class Stage(DistinctRows.Sentences start, Tensor? hidden = null) : IDisposable
    {
        private Tensor? hidden = hidden;
        private Tensor? heads;
        private Tensor? features;

        /// <summary>A new tensor.</summary>
        public Tensor State() => hidden?.alias() ?? start.State();

        public Tensor Keys(CLIPEncoderLayer layer, EncoderSite site)
        {
            if (site == EncoderSite.OutProj) return Heads(layer);
            using var state = State();
            return features ??= layer.Features(state, Heads(layer)).DetachFromDisposeScope();
        }

        /// <summary>The same, which before the first layer is not kept: there it is soon made again, and takes much memory.</summary>
        public Tensor KeysOnce(CLIPEncoderLayer layer, EncoderSite site)
        {
            if (hidden is not null || heads is not null) return Keys(layer, site);
            using var scope = NewDisposeScope();
            var first = start.Heads(layer);
            return (site == EncoderSite.OutProj ? first : layer.Features(start.State(), first)).MoveToOuterDisposeScope();
        }

        public void Pass(CLIPEncoderLayer layer)
        {
            using var state = State();
            var next = (features is null ? layer.Complete(state, Heads(layer)) : layer.Complete(state, Heads(layer), features)).DetachFromDisposeScope();
            Dispose();
            (hidden, heads, features) = (next, null, null);
        }

        public Stage Fork() => new(start, hidden?.alias().DetachFromDisposeScope()) { heads = heads?.alias().DetachFromDisposeScope(), features = features?.alias().DetachFromDisposeScope() };

        public void Dispose()
        {
            hidden?.Dispose();
            heads?.Dispose();
            features?.Dispose();
        }

        private Tensor Heads(CLIPEncoderLayer layer)
        {
            if (heads is not null) return heads;
            if (hidden is null) return heads = start.Heads(layer).DetachFromDisposeScope();
            using var mask = CLIPTextTransformer.CausalMask(hidden);
            return heads = layer.Heads(hidden, mask).DetachFromDisposeScope();
        }
    }
}
