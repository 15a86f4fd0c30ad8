using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>
/// Takes sentences through a text encoder layer by layer, with the weights that it has at that moment, and reads keys on the way: the inputs
/// of a layer's <c>out_proj</c>, the concatenated heads before projection. No layer is computed twice.
/// </summary>
internal sealed class KeyReader : IDisposable
{
    // Sentences that go through a layer together; more only takes memory.
    private const int Batch = 64;
    private readonly CLIPTextModel encoder;
    private readonly List<Stage> stages = [];
    private int layer;

    /// <param name="encoder">The encoder; it stays the caller's.</param>
    /// <param name="ids">Ids [n, positions], at least one sentence.</param>
    public KeyReader(CLIPTextModel encoder, long[][] ids)
    {
        using var noGrad = no_grad();
        this.encoder = encoder;
        foreach (var chunk in ids.Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            var hidden = encoder.Tower.Embed(tensor(chunk.SelectMany(i => i).ToArray()).view(chunk.Length, -1));
            stages.Add(new Stage(hidden.DetachFromDisposeScope(), CLIPTextTransformer.CausalMask(hidden).DetachFromDisposeScope()));
        }
    }

    /// <summary>Path of the edited module in the reference's names.</summary>
    public static string OutProj(int layer) => FormattableString.Invariant($"text_model.encoder.layers.{layer}.self_attn.out_proj");

    /// <summary>Keys [n, positions, width] of a layer, in the encoder's type. Layers are asked for in ascending order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The layer lies before one that was asked for.</exception>
    public Tensor Read(int target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(target, layer);
        using var noGrad = no_grad();
        for (; layer < target; layer++) stages.ForEach(s => s.Pass(encoder.Tower.Layer(layer)));
        return cat([.. stages.Select(s => s.Keys(encoder.Tower.Layer(layer)))]);
    }

    /// <inheritdoc />
    public void Dispose() => stages.ForEach(s => s.Dispose());

    private sealed class Stage(Tensor hidden, Tensor mask) : IDisposable
    {
        private Tensor hidden = hidden;
        private Tensor? keys;

        public Tensor Keys(CLIPEncoderLayer layer) => keys ??= layer.Heads(hidden, mask).DetachFromDisposeScope();

        public void Pass(CLIPEncoderLayer layer)
        {
            var next = layer.Complete(hidden, Keys(layer)).DetachFromDisposeScope();
            Dispose(ref hidden!, next);
            Dispose(ref keys, null);
        }

        public void Dispose()
        {
            hidden.Dispose();
            mask.Dispose();
            keys?.Dispose();
        }

        private static void Dispose(ref Tensor? old, Tensor? next)
        {
            old?.Dispose();
            old = next;
        }
    }
}
