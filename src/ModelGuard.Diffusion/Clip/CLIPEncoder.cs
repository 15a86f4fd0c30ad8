using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>A stack of encoder layers that returns the state before the first and after every one.</summary>
public sealed class CLIPEncoder : Module<Tensor, Tensor?, IReadOnlyList<Tensor>>
{
    private readonly ModuleList<CLIPEncoderLayer> layers;

    /// <summary>Creates the stack.</summary>
    public CLIPEncoder(IEnumerable<CLIPEncoderLayer> stack)
        : base(nameof(CLIPEncoder))
    {
        layers = new ModuleList<CLIPEncoderLayer>([.. stack]);
        RegisterComponents();
    }

    /// <summary>How many layers there are.</summary>
    public int LayerCount => layers.Count;

    /// <summary>A layer, numbered from 0.</summary>
    public CLIPEncoderLayer Layer(int index) => layers[index];

    /// <summary>[n, tokens, width] → <c>hidden_states</c>: layers + 1 tensors of the same shape.</summary>
    public override IReadOnlyList<Tensor> forward(Tensor hidden, Tensor? mask) => Continue(hidden, mask, 0);

    /// <summary>The state before a layer → that state and those after it and each later one.</summary>
    public IReadOnlyList<Tensor> Continue(Tensor hidden, Tensor? mask, int firstLayer)
    {
        var states = new List<Tensor>(layers.Count - firstLayer + 1) { hidden };
        foreach (var layer in layers.Skip(firstLayer)) states.Add(layer.call(states[^1], mask));
        return states;
    }
}
