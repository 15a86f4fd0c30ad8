using ModelGuard.Checkpoints;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Layers;

/// <summary>Activation functions by the names that configs use.</summary>
public static class ActivationFunction
{
    /// <summary>The function that <paramref name="name"/> stands for, as in transformers' <c>ACT2FN</c> and diffusers' <c>get_activation</c>.</summary>
    /// <exception cref="CheckpointException">MG0221 for a name that is not supported.</exception>
    public static Func<Tensor, Tensor> ByName(string name, string place) => name switch
    {
        "silu" or "swish" => x => functional.silu(x),
        "gelu" => x => functional.gelu(x),
        "quick_gelu" => x => x * sigmoid(x * 1.702),
        "relu" => x => functional.relu(x),
        _ => throw new CheckpointException("MG0221", $"{place} asks for the activation '{name}', which is not supported. Supported are silu, swish, gelu, quick_gelu and relu."),
    };
}
