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

    /// <summary>The weight of <c>fc2</c> [width, intermediate].</summary>
    public Tensor Fc2Weight => fc2.Weight;

    /// <inheritdoc />
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Project(Features(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Everything before <c>fc2</c>: [n, tokens, width] → its input [n, tokens, intermediate].</summary>
    public Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        return activation(fc1.call(input)).MoveToOuterDisposeScope();
    }

    /// <summary><c>fc2</c> on its input.</summary>
    public Tensor Project(Tensor features) => fc2.call(features);
}
