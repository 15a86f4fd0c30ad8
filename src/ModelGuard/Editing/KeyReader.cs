using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Sentences on their way through a text encoder, layer by layer. On the way it reads keys: the inputs of a layer's <c>out_proj</c>, the
/// concatenated heads before projection. No layer is computed twice.
/// </summary>
internal sealed class KeyReader : IDisposable
{
    // Sentences that go through a layer together; more only takes memory.
    private const int Batch = 64;
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

    /// <summary>Keys [n, positions, width] of the layer that comes next, in its type.</summary>
    public Tensor Read(CLIPEncoderLayer layer)
    {
        using var noGrad = no_grad();
        return cat([.. stages.Select(s => s.Keys(layer))]);
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
        private Tensor hidden = hidden;
        private Tensor? keys;

        public Tensor Keys(CLIPEncoderLayer layer)
        {
            if (keys is not null) return keys;
            using var mask = CLIPTextTransformer.CausalMask(hidden);
            return keys = layer.Heads(hidden, mask).DetachFromDisposeScope();
        }

        public void Pass(CLIPEncoderLayer layer)
        {
            var next = layer.Complete(hidden, Keys(layer)).DetachFromDisposeScope();
            Dispose();
            (hidden, keys) = (next, null);
        }

        public Stage Fork() => new(hidden.alias().DetachFromDisposeScope()) { keys = keys?.alias().DetachFromDisposeScope() };

        public void Dispose()
        {
            hidden.Dispose();
            keys?.Dispose();
        }
    }
}
