using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using static TorchSharp.torch;

namespace ModelGuard.Editing;

/// <summary>Reads keys: the inputs of a layer's <c>out_proj</c>, the concatenated heads before projection.</summary>
internal static class KeyReader
{
    private const int Batch = 64;

    /// <summary>Path of the edited module in the reference's names.</summary>
    public static string OutProj(int layer) => FormattableString.Invariant($"text_model.encoder.layers.{layer}.self_attn.out_proj");

    /// <summary>Ids [n, positions] → keys [n, positions, width] of a layer, in the encoder's type.</summary>
    public static Tensor Read(CLIPTextModel encoder, int layer, long[][] ids)
    {
        using var inference = no_grad();
        using var scope = NewDisposeScope();
        var read = new List<Tensor>();
        using var hook = ActivationHooks.OnInput(encoder, OutProj(layer), x =>
        {
            read.Add(x.detach().clone().DetachFromDisposeScope());
            return x;
        });
        foreach (var chunk in ids.Chunk(Batch))
        {
            using var forward = NewDisposeScope();
            encoder.call(tensor(chunk.SelectMany(i => i).ToArray()).view(chunk.Length, -1));
        }

        var all = cat(read);
        read.ForEach(r => r.Dispose());
        return all.MoveToOuterDisposeScope();
    }
}
