using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>Fills a module's empty parameters: what PyTorch's own layers start from, by the parameter's name and shape, from one generator.</summary>
internal static class Initialization
{
    /// <summary>Norm weights 1, biases 0, embeddings N(0, 0.02²), matrices and kernels uniform in ±√(1/fan-in).</summary>
    public static void Fill(nn.Module module, long seed)
    {
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, CPU);
        foreach (var (name, parameter) in module.named_parameters())
        {
            using var scope = NewDisposeScope();
            if (name.EndsWith("logit_scale", StringComparison.Ordinal)) continue;
            if (name.EndsWith("bias", StringComparison.Ordinal)) parameter.zero_();
            else if (name.Contains("embedding.weight", StringComparison.Ordinal) && parameter.dim() == 2) Normal(parameter, 0.02, generator);
            else if (name.EndsWith("class_embedding", StringComparison.Ordinal)) Normal(parameter, 0.02, generator);
            else if (parameter.dim() == 1) parameter.fill_(1);
            else Uniform(parameter, Math.Sqrt(1.0 / (parameter.numel() / parameter.shape[0])), generator);
        }
    }

    private static void Normal(Tensor parameter, double deviation, Generator generator) =>
        parameter.copy_(randn(parameter.shape, generator: generator).mul_(deviation));

    private static void Uniform(Tensor parameter, double bound, Generator generator) =>
        parameter.copy_(rand(parameter.shape, generator: generator).mul_(2 * bound).sub_(bound));
}
