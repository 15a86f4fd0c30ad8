using ModelGuard.Diffusion.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>The two-layer perceptron of a CLIP encoder layer.</summary>
public sealed class CLIPMLP : Module<Tensor, Tensor>
{
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly Func<Tensor, Tensor> activation;

    /// <summary>Creates fc1 [intermediate, width] and fc2 [width, intermediate].</summary>
    public CLIPMLP(long hiddenSize, long intermediateSize, Func<Tensor, Tensor> activation)
        : base(nameof(CLIPMLP))
    {
        fc1 = new Linear(hiddenSize, intermediateSize);
        fc2 = new Linear(intermediateSize, hiddenSize);
        this.activation = activation;
        RegisterComponents();
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return fc2.call(activation(fc1.call(input))).MoveToOuterDisposeScope();
    }
}
