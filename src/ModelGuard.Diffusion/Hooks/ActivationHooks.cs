using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Hooks;

/// <summary>
/// The one way to touch activations: a module path in the reference libraries' names
/// (<c>text_model.encoder.layers.0.self_attn.out_proj</c>) and a function that reads its input or output and returns it or a replacement.
/// Dispose the result to remove the hook.
/// </summary>
public static class ActivationHooks
{
    /// <summary>Reads or replaces the first input of a module.</summary>
    /// <exception cref="ArgumentException">No module has that path, or it does not take a tensor first.</exception>
    public static IDisposable OnInput(Module root, string path, Func<Tensor, Tensor> hook) => Find(root, path) switch
    {
        Module<Tensor, Tensor> m => new Remover(m.register_forward_pre_hook((_, x) => hook(x)).remove),
        Module<Tensor, Tensor, Tensor> m => new Remover(m.register_forward_pre_hook((_, x, y) => (hook(x), y)).remove),
        Module<Tensor, Tensor, Tensor, Tensor> m => new Remover(m.register_forward_pre_hook((_, x, y, z) => (hook(x), y, z)).remove),
        Module<Tensor, long[], Tensor> m => new Remover(m.register_forward_pre_hook((_, x, y) => (hook(x), y)).remove),
        var m => throw new ArgumentException($"The input of '{path}' ({m.GetType().Name}) is no tensor.", nameof(path)),
    };

    /// <summary>Reads or replaces the output of a module.</summary>
    /// <exception cref="ArgumentException">No module has that path, or it does not return a tensor.</exception>
    public static IDisposable OnOutput(Module root, string path, Func<Tensor, Tensor> hook) => Find(root, path) switch
    {
        Module<Tensor, Tensor> m => new Remover(m.register_forward_hook((_, _, output) => hook(output)).remove),
        Module<Tensor, Tensor, Tensor> m => new Remover(m.register_forward_hook((_, _, _, output) => hook(output)).remove),
        Module<Tensor, Tensor, Tensor, Tensor> m => new Remover(m.register_forward_hook((_, _, _, _, output) => hook(output)).remove),
        Module<Tensor, long[], Tensor> m => new Remover(m.register_forward_hook((_, _, _, output) => hook(output)).remove),
        Unet.UpBlock m => new Remover(m.register_forward_hook((_, _, output) => hook(output)).remove),
        var m => throw new ArgumentException($"The output of '{path}' ({m.GetType().Name}) is no tensor.", nameof(path)),
    };

    /// <summary>Overwrites rows of a module's output with other rows of the same batch, that is, of runs that are computed beside it.</summary>
    /// <param name="root">The network.</param>
    /// <param name="path">The module.</param>
    /// <param name="copies">From which row to which row; a source is read before anything is written.</param>
    /// <exception cref="ArgumentException">As for <see cref="OnOutput"/>.</exception>
    public static IDisposable CopyOutputRows(Module root, string path, IReadOnlyList<(long From, long To)> copies) => OnOutput(root, path, x => CopyRows(x, copies));

    private static Tensor CopyRows(Tensor batch, IReadOnlyList<(long From, long To)> copies)
    {
        using var scope = NewDisposeScope();
        var (from, to) = (tensor(copies.Select(c => c.From).ToArray(), device: batch.device), tensor(copies.Select(c => c.To).ToArray(), device: batch.device));
        return batch.index_copy(0, to, batch.index_select(0, from)).MoveToOuterDisposeScope();
    }

    private static Module Find(Module root, string path)
    {
        foreach (var (name, module) in root.named_modules())
        {
            if (name == path) return module;
        }

        throw new ArgumentException($"No module has the path '{path}'.", nameof(path));
    }

    private sealed class Remover(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
