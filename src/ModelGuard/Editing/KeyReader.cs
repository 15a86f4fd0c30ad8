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
    public const int Batch = 64;

    private readonly List<Stage> stages;

    /// <param name="embed">Ids [n, positions] → the state before the first layer.</param>
    /// <param name="ids">Ids [n, positions], at least one sentence.</param>
    public KeyReader(Func<Tensor, Tensor> embed, long[][] ids)
    {
        using var noGrad = no_grad();
        stages = [.. ids.Chunk(Batch).Select(chunk =>
        {
            using var scope = NewDisposeScope();
            return new Stage(embed(tensor(chunk.SelectMany(i => i).ToArray()).view(chunk.Length, -1)).DetachFromDisposeScope());
        })];
    }

    private KeyReader(IEnumerable<Stage> stages) => this.stages = [.. stages];

    /// <summary>The state before the layer that comes next [n, positions, width].</summary>
    public Tensor State()
    {
        using var noGrad = no_grad();
        return cat([.. stages.Select(s => s.Hidden)]);
    }

    /// <summary>Keys [n, positions, width of the site] of the layer that comes next, in its type.</summary>
    public Tensor Read(CLIPEncoderLayer layer, EncoderSite site = EncoderSite.OutProj)
    {
        using var noGrad = no_grad();
        return cat([.. stages.Select(s => s.Keys(layer, site))]);
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
            var keys = stage.Keys(layer, site).flatten(0, 1);
            var moment = matmul(keys.t(), keys);
            sum = (sum is null ? moment : sum.add_(moment)).MoveToOuterDisposeScope();
        }

        return sum!.MoveToOuterDisposeScope();
    }

    /// <summary>Takes the sentences through the layer, with the weights that it has at this moment.</summary>
    public void Pass(CLIPEncoderLayer layer)
    {
        using var noGrad = no_grad();
        foreach (var stage in stages) stage.Pass(layer);
    }

    /// <summary>The same sentences at the same place, to go on by themselves.</summary>
    public KeyReader Fork() => new(stages.Select(s => s.Fork()));

    /// <inheritdoc />
    public void Dispose() => stages.ForEach(s => s.Dispose());

    private sealed class Stage(Tensor hidden) : IDisposable
    {
        private Tensor? heads;
        private Tensor? features;

        public Tensor Hidden { get; private set; } = hidden;

        public Tensor Keys(CLIPEncoderLayer layer, EncoderSite site) => site == EncoderSite.OutProj ? Heads(layer) : features ??= layer.Features(Hidden, Heads(layer)).DetachFromDisposeScope();

        public void Pass(CLIPEncoderLayer layer)
        {
            var next = layer.Complete(Hidden, Heads(layer)).DetachFromDisposeScope();
            Dispose();
            (Hidden, heads, features) = (next, null, null);
        }

        public Stage Fork() => new(Hidden.alias().DetachFromDisposeScope()) { heads = heads?.alias().DetachFromDisposeScope(), features = features?.alias().DetachFromDisposeScope() };

        public void Dispose()
        {
            Hidden.Dispose();
            heads?.Dispose();
            features?.Dispose();
        }

        private Tensor Heads(CLIPEncoderLayer layer)
        {
            if (heads is not null) return heads;
            using var mask = CLIPTextTransformer.CausalMask(Hidden);
            return heads = layer.Heads(Hidden, mask).DetachFromDisposeScope();
        }
    }
}
